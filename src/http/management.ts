import { createDispatchEvents } from '../../activities/dispatch-events';
import type { Receiver } from '../ingest/receive';
import type { Database } from '../mongo/connect';
import { createContactWrites } from '../mongo/contact-writes';
import { createDispatchStore } from '../mongo/delivery-log';
import { newId } from '../mongo/new-id';
import type { Stores } from '../mongo/stores';
import type { Starter } from '../temporal/start';
import type { AddressGuard } from '../webhooks/address-guard';
import { checkEndpointUrl, type EndpointUrlCheck } from '../webhooks/endpoint-url';
import { createPing } from '../webhooks/ping';
import type { createSender } from '../webhooks/sender';
import type { Logger } from 'pino';
import { apiKeyRoutes } from './api-key-routes';
import type { Authenticator } from './auth';
import { automationRoutes } from './automation-routes';
import { automationRunRoutes } from './automation-run-routes';
import { contactRoutes } from './contact-routes';
import { deliveryRoutes } from './delivery-routes';
import { eventRoutes } from './event-routes';
import { listRoutes } from './list-routes';
import { recoveryRoutes } from './recovery-routes';
import { rejectionRoutes } from './rejection-routes';
import type { Route } from './route';
import { webhookRoutes } from './webhook-routes';
import { workspaceRoutes } from './workspace-routes';

/** What the management calls work on. */
export interface ManagementParts {
  database: Database;
  stores: Stores;
  starter: Starter;
  sender: ReturnType<typeof createSender>;
  auth: Authenticator;
  receiver: Receiver;
  guard: AddressGuard;
  lateIdentifyWaitMs: number;
  temporalUrl: (workflowId: string) => string | null;
  now: () => number;
  logger: Logger;
}

/** Every call below /api/v1. */
export function managementRoutes(parts: ManagementParts): Route[] {
  const { database, stores, starter, guard, now, logger } = parts;
  const checkUrl = (url: string): Promise<EndpointUrlCheck> => checkEndpointUrl(url, guard);
  const { dispatchEvents } = createDispatchEvents({ dispatch: createDispatchStore(stores), starter, now, newId });
  /** Best effort, at once: the sweep repeats what fails here, and a track that waits looks again at the end of its time. */
  const afterCommit = async (commit: { eventIds: string[]; refs: string[] }): Promise<void> => {
    try {
      await dispatchEvents({ eventIds: commit.eventIds });
      for (const key of await stores.waiters.waitingFor(commit.refs)) await starter.signalContactKnown(key);
    } catch (error) {
      logger.warn({ err: error }, 'dispatch.left_to_sweep');
    }
  };
  const common = { ...parts, ...stores, checkUrl };
  return [
    ...workspaceRoutes(common),
    ...apiKeyRoutes(common),
    ...listRoutes(common),
    ...contactRoutes({ ...common, writes: createContactWrites(database, stores), afterCommit }),
    ...automationRoutes(common),
    ...automationRunRoutes(common),
    ...eventRoutes(common),
    ...rejectionRoutes(common),
    ...webhookRoutes({ ...common, ping: createPing(parts.sender, now) }),
    ...recoveryRoutes(common),
    ...deliveryRoutes(common),
  ];
}
