import type { EmailRenderer } from '../../activities/send-emails';
import type { Campaign } from '../../domain/campaign';
import type { Joining } from '../auth/joining';
import type { Receiver } from '../ingest/receive';
import type { Database } from '../mongo/connect';
import { createContactWrites } from '../mongo/contact-writes';
import { createEmailWrites } from '../mongo/email-writes';
import { createOutbox } from '../mongo/outbox';
import type { Stores } from '../mongo/stores';
import type { LiveHub } from '../live/live-hub';
import type { Starter } from '../temporal/start';
import type { AddressGuard } from '../webhooks/address-guard';
import { checkEndpointUrl, type EndpointUrlCheck } from '../webhooks/endpoint-url';
import { createPing } from '../webhooks/ping';
import type { createSender } from '../webhooks/sender';
import type { Logger } from 'pino';
import type { Config } from '../config';
import { createDnsLookup } from '../email/dns-records';
import { createAfterCommit } from './after-commit';
import { apiKeyRoutes } from './api-key-routes';
import type { Authenticator } from './auth';
import { automationRoutes } from './automation-routes';
import { automationRunRoutes } from './automation-run-routes';
import { automationStatisticsRoutes } from './automation-statistics-routes';
import { campaignActionRoutes } from './campaign-action-routes';
import { campaignResultRoutes } from './campaign-result-routes';
import { campaignRoutes } from './campaign-routes';
import { contactRoutes } from './contact-routes';
import { deliveryLogRoutes } from './delivery-log-routes';
import { deliveryRoutes } from './delivery-routes';
import { deliveryShareRoutes } from './delivery-share-routes';
import { emailPreviewRoutes } from './email-preview-routes';
import { emailRoutes } from './email-routes';
import { eventNameRoutes } from './event-name-routes';
import { eventRoutes } from './event-routes';
import { createFromCheck } from './from-check';
import { endpointHealthRoutes } from './endpoint-health-routes';
import { erasureRoutes } from './erasure-routes';
import { formRoutes } from './form-routes';
import { importPreviewRoutes } from './import-preview-routes';
import { importReportRoutes } from './import-report-routes';
import { importRoutes } from './import-routes';
import { integrationRoutes } from './integration-routes';
import { invitationRoutes } from './invitation-routes';
import { listRoutes } from './list-routes';
import { liveRoutes } from './live-routes';
import { listenRoutes } from './listen-routes';
import { mailPlaceOf } from './mail-place';
import { mailboxRoutes } from './mailbox-routes';
import { overviewRoutes } from './overview-routes';
import { peopleRoutes } from './people-routes';
import { recoveryRoutes } from './recovery-routes';
import { providerRoutes } from './provider-routes';
import { rejectionRoutes } from './rejection-routes';
import type { Route } from './route';
import type { SseStreams } from './sse';
import { sessionRoutes } from './session-routes';
import { simulationRoutes } from './simulation-routes';
import { suppressionRoutes } from './suppression-routes';
import { sendingDomainRoutes } from './sending-domain-routes';
import { templatePreviewRoutes } from './template-preview-routes';
import { templateRoutes } from './template-routes';
import { templateUseRoutes } from './template-use-routes';
import { timelineRoutes } from './timeline-routes';
import { webhookRoutes } from './webhook-routes';
import { whyRoutes } from './why-routes';
import { workspaceRoutes } from './workspace-routes';

/** What the management calls work on. */
export interface ManagementParts {
  config: Pick<Config, 'email' | 'inboundMail' | 'publicUrl'>;
  publicUrl: { value: string };
  database: Database;
  stores: Stores;
  starter: Starter;
  sender: ReturnType<typeof createSender>;
  renderer: EmailRenderer;
  auth: Authenticator;
  joining: Joining;
  receiver: Receiver;
  guard: AddressGuard;
  sse: SseStreams;
  live: LiveHub;
  lateIdentifyWaitMs: number;
  temporalUiUrl: string | undefined;
  temporalUrl: (workflowId: string) => string | null;
  version: string;
  now: () => number;
  logger: Logger;
}

/** Every call below /api/v1. */
export function managementRoutes(parts: ManagementParts): Route[] {
  const { database, stores, starter, guard, now, logger } = parts;
  const checkUrl = (url: string): Promise<EndpointUrlCheck> => checkEndpointUrl(url, guard);
  const afterCommit = createAfterCommit(parts);
  const startErasure = (contactId: string): void => {
    starter.startContactErase(contactId).catch((error: unknown) => {
      logger.warn({ err: error, contactId }, 'erasure.left_to_sweep');
    });
  };
  const startEmail = async (emailId: string): Promise<void> => {
    try {
      await starter.startEmailSend(emailId);
    } catch (error) {
      logger.warn({ err: error }, 'email.left_to_sweep');
    }
  };
  const tellCampaign = async (campaign: Campaign, lookAt: Date): Promise<void> => {
    try {
      await starter.tellCampaign(campaign);
      await stores.campaigns.told(campaign.id, lookAt, new Date(now()));
    } catch (error) {
      logger.warn({ err: error }, 'campaign.left_to_sweep');
    }
  };
  const checkSender = createFromCheck(stores, parts.config);
  const common = { ...parts, ...stores, checkUrl, checkSender };
  return [
    ...sessionRoutes({
      ...common,
      retryDelaysMs: starter.retryDelaysMs,
      isMailboxUsed: parts.config.email.smtpUrl === undefined,
    }),
    ...workspaceRoutes(common),
    ...apiKeyRoutes(common),
    ...peopleRoutes(common),
    ...invitationRoutes(common),
    ...listRoutes(common),
    ...importRoutes(common),
    ...importPreviewRoutes(common),
    ...importReportRoutes(common),
    ...contactRoutes({ ...common, writes: createContactWrites(database, stores), afterCommit, startErasure }),
    ...timelineRoutes(common),
    ...erasureRoutes(common),
    ...formRoutes({ ...common, publicUrl: () => parts.publicUrl.value }),
    ...automationRoutes(common),
    ...emailRoutes({ ...common, emailWrites: createEmailWrites(database, stores), afterCommit, startEmail }),
    ...emailPreviewRoutes({ ...common, outbox: createOutbox(stores) }),
    ...suppressionRoutes(common),
    ...campaignRoutes({ ...common, tellCampaign }),
    ...campaignResultRoutes(common),
    ...campaignActionRoutes({ ...common, tellCampaign, startEmail }),
    ...templateRoutes(common),
    ...templateUseRoutes(common),
    ...templatePreviewRoutes(common),
    ...automationRunRoutes(common),
    ...automationStatisticsRoutes(common),
    ...simulationRoutes({ ...common, retryDelaysMs: starter.retryDelaysMs }),
    ...eventNameRoutes(common),
    ...eventRoutes(common),
    ...rejectionRoutes(common),
    ...liveRoutes(common),
    ...overviewRoutes(common),
    ...whyRoutes(common),
    ...integrationRoutes({ ...common, publicUrl: () => parts.publicUrl.value }),
    // Before those of one endpoint, which would take `health` for its id.
    ...endpointHealthRoutes(common),
    ...webhookRoutes({ ...common, ping: createPing(parts.sender, now) }),
    ...recoveryRoutes(common),
    // Before that of one delivery, which would take `count` for its id.
    ...deliveryLogRoutes(common),
    ...deliveryRoutes(common),
    ...deliveryShareRoutes({ ...common, publicUrl: () => parts.publicUrl.value }),
    ...listenRoutes(common),
    ...providerRoutes({ ...common, publicUrl: () => parts.publicUrl.value }),
    ...mailboxRoutes({ ...common, isMailboxUsed: parts.config.email.smtpUrl === undefined }),
    ...sendingDomainRoutes({ ...common, dns: createDnsLookup(), mailPlace: () => mailPlaceOf(parts.config) }),
  ];
}
