import type { EmailRenderer } from '../../activities/send-emails';
import type { Campaign } from '../../domain/campaign';
import type { Receiver } from '../ingest/receive';
import type { Database } from '../mongo/connect';
import { createContactWrites } from '../mongo/contact-writes';
import { createEmailWrites } from '../mongo/email-writes';
import type { Stores } from '../mongo/stores';
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
import { campaignActionRoutes } from './campaign-action-routes';
import { campaignRoutes } from './campaign-routes';
import { contactRoutes } from './contact-routes';
import { deliveryRoutes } from './delivery-routes';
import { emailRoutes } from './email-routes';
import { eventRoutes } from './event-routes';
import { createFromCheck } from './from-check';
import { erasureRoutes } from './erasure-routes';
import { formRoutes } from './form-routes';
import { importRoutes } from './import-routes';
import { listRoutes } from './list-routes';
import { mailPlaceOf } from './mail-place';
import { mailboxRoutes } from './mailbox-routes';
import { recoveryRoutes } from './recovery-routes';
import { providerRoutes } from './provider-routes';
import { rejectionRoutes } from './rejection-routes';
import type { Route } from './route';
import { suppressionRoutes } from './suppression-routes';
import { sendingDomainRoutes } from './sending-domain-routes';
import { templatePreviewRoutes } from './template-preview-routes';
import { templateRoutes } from './template-routes';
import { webhookRoutes } from './webhook-routes';
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
    ...workspaceRoutes(common),
    ...apiKeyRoutes(common),
    ...listRoutes(common),
    ...importRoutes(common),
    ...contactRoutes({ ...common, writes: createContactWrites(database, stores), afterCommit, startErasure }),
    ...erasureRoutes(common),
    ...formRoutes({ ...common, publicUrl: () => parts.publicUrl.value }),
    ...automationRoutes(common),
    ...emailRoutes({ ...common, emailWrites: createEmailWrites(database, stores), afterCommit, startEmail }),
    ...suppressionRoutes(common),
    ...campaignRoutes({ ...common, tellCampaign }),
    ...campaignActionRoutes({ ...common, tellCampaign, startEmail }),
    ...templateRoutes(common),
    ...templatePreviewRoutes(common),
    ...automationRunRoutes(common),
    ...eventRoutes(common),
    ...rejectionRoutes(common),
    ...webhookRoutes({ ...common, ping: createPing(parts.sender, now) }),
    ...recoveryRoutes(common),
    ...deliveryRoutes(common),
    ...providerRoutes({ ...common, publicUrl: () => parts.publicUrl.value }),
    ...mailboxRoutes({ ...common, isMailboxUsed: parts.config.email.smtpUrl === undefined }),
    ...sendingDomainRoutes({ ...common, dns: createDnsLookup(), mailPlace: () => mailPlaceOf(parts.config) }),
  ];
}
