import { MongoServerError, type IndexDescription, type IndexDescriptionInfo } from 'mongodb';
import { apiKeyIndexes, ApiKeyStore } from './api-keys';
import { automationIndexes, AutomationStore } from './automations';
import { automationRunIndexes, AutomationRunStore } from './automation-runs';
import { CampaignResultStore } from './campaign-results';
import { campaignIndexes, CampaignStore } from './campaigns';
import type { Database } from './connect';
import { ContactSearchStore } from './contact-search';
import { contactIndexes, ContactStore } from './contacts';
import { DeliverySearchStore } from './delivery-search';
import { deliveryShareIndexes, DeliveryShareStore } from './delivery-shares';
import { DocumentOwnerStore } from './document-owners';
import { emailEventIndexes, EmailEventStore } from './email-events';
import { EmailIngestTransaction } from './email-ingest';
import { emailLogIndexes, EmailLogStore } from './email-log';
import { emailIndexes, EmailStore } from './emails';
import { EndpointHealthStore } from './endpoint-health';
import { erasureIndexes, ErasureStore } from './erasures';
import { formIndexes, FormStore } from './forms';
import { idempotencyKeyIndexes, IdempotencyKeyStore } from './idempotency-keys';
import { importChunkIndexes, importIndexes, ImportStore } from './imports';
import { IngestTransaction } from './ingest';
import { invitationIndexes, InvitationStore } from './invitations';
import { listIndexes, ListStore } from './lists';
import { listenerIndexes, ListenerStore } from './listeners';
import { listenerRequestIndexes, ListenerRequestStore } from './listener-requests';
import { mailboxIndexes, MailboxStore } from './mailbox';
import { messageIndexes, MessageStore } from './messages';
import { providerIndexes, ProviderStore, providerTokenIndexes, ProviderTokenStore } from './providers';
import { credentialIndexes, personIndexes, PersonStore, sessionIndexes } from './people';
import { PersonalDataStore } from './personal-data';
import { rejectionIndexes, RejectionStore } from './rejections';
import { defaultRetentionMs, expiryIndexes } from './retention';
import type { SecretBox } from './secret-box';
import { sendingDomainIndexes, SendingDomainStore } from './sending-domains';
import { signupIndexes, SignupStore } from './signups';
import { StatisticsStore } from './statistics';
import { suppressionIndexes, SuppressionStore } from './suppressions';
import { templateIndexes, TemplateStore } from './templates';
import { waiterIndexes, WaiterStore } from './waiters';
import { deliveryIndexes, WebhookDeliveryStore } from './webhook-deliveries';
import { WebhookAttemptStore } from './webhook-attempts';
import { endpointIndexes, WebhookEndpointStore } from './webhook-endpoints';
import { webhookEventIndexes, WebhookEventStore } from './webhook-events';
import { WorkspaceStore } from './workspaces';

/** All stores over one database. */
export function createStores(database: Database, box: SecretBox) {
  const { db } = database;
  const stores = {
    workspaces: new WorkspaceStore(db),
    apiKeys: new ApiKeyStore(db),
    messages: new MessageStore(db),
    idempotencyKeys: new IdempotencyKeyStore(db),
    documentOwners: new DocumentOwnerStore(db),
    statistics: new StatisticsStore(db),
    rejections: new RejectionStore(db),
    contacts: new ContactStore(db),
    contactSearch: new ContactSearchStore(db),
    lists: new ListStore(db),
    automations: new AutomationStore(db),
    runs: new AutomationRunStore(db),
    waiters: new WaiterStore(db),
    endpoints: new WebhookEndpointStore(database, box),
    events: new WebhookEventStore(db),
    deliveries: new WebhookDeliveryStore(db),
    attempts: new WebhookAttemptStore(db),
    deliverySearch: new DeliverySearchStore(db),
    deliveryShares: new DeliveryShareStore(db),
    endpointHealth: new EndpointHealthStore(db),
    emails: new EmailStore(db, box),
    emailLog: new EmailLogStore(db),
    emailEvents: new EmailEventStore(db),
    suppressions: new SuppressionStore(db),
    campaigns: new CampaignStore(db),
    campaignResults: new CampaignResultStore(db),
    templates: new TemplateStore(db),
    sendingDomains: new SendingDomainStore(db, box),
    mailbox: new MailboxStore(db),
    imports: new ImportStore(db),
    forms: new FormStore(db),
    signups: new SignupStore(db),
    erasures: new ErasureStore(db),
    providers: new ProviderStore(db, box),
    providerTokens: new ProviderTokenStore(db),
    listeners: new ListenerStore(db, box),
    listenerRequests: new ListenerRequestStore(db),
    people: new PersonStore(db),
    invitations: new InvitationStore(db),
  };
  return {
    ...stores,
    ingest: new IngestTransaction(database, stores),
    emailIngest: new EmailIngestTransaction(database, stores),
    personalData: new PersonalDataStore(database, stores),
  };
}
export type Stores = ReturnType<typeof createStores>;

const collections = {
  workspaces: [],
  apiKeys: apiKeyIndexes,
  messages: messageIndexes,
  rejections: rejectionIndexes,
  contacts: contactIndexes,
  lists: listIndexes,
  automations: automationIndexes,
  automationVersions: [],
  automationRuns: automationRunIndexes,
  waiters: waiterIndexes,
  webhookEndpoints: endpointIndexes,
  webhookEvents: webhookEventIndexes,
  webhookDeliveries: deliveryIndexes,
  webhookAttempts: [],
  deliveryShares: deliveryShareIndexes,
  idempotencyKeys: idempotencyKeyIndexes,
  emails: [...emailIndexes, ...emailLogIndexes],
  emailEvents: emailEventIndexes,
  suppressions: suppressionIndexes,
  campaigns: campaignIndexes,
  templates: templateIndexes,
  sendingDomains: sendingDomainIndexes,
  mailbox: mailboxIndexes,
  imports: importIndexes,
  importChunks: importChunkIndexes,
  forms: formIndexes,
  signups: signupIndexes,
  erasures: erasureIndexes,
  providers: providerIndexes,
  providerTokens: providerTokenIndexes,
  listeners: listenerIndexes,
  listenerRequests: listenerRequestIndexes,
  people: personIndexes,
  credentials: credentialIndexes,
  sessions: sessionIndexes,
  invitations: invitationIndexes,
} as const;

/** Makes every collection and index. At start-up, since neither may happen inside a transaction. */
export async function prepareDatabase({ db }: Database, retentionMs = defaultRetentionMs): Promise<void> {
  const existing = new Set((await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name));
  await Promise.all(
    Object.entries(collections).map(async ([name, indexes]) => {
      if (!existing.has(name)) await createIfAbsent(db, name);
      await prepareIndexes(db, name, [...indexes, ...expiryIndexes(name, retentionMs)]);
    }),
  );
}

/** Names of the indexes that are missing or defined otherwise: `messages.unfinished`. */
export async function missingIndexes({ db }: Database, retentionMs = defaultRetentionMs): Promise<string[]> {
  const missing = await Promise.all(
    Object.entries(collections).map(async ([name, indexes]) => {
      const wanted = [...indexes, ...expiryIndexes(name, retentionMs)];
      // Where there is no collection there are none.
      const existing = await db.collection(name).indexes().catch(noneWithoutCollection);
      return wanted
        .filter(
          (index) =>
            !existing.some((found) => found.name === index.name && definitionOf(found) === definitionOf(index)),
        )
        .map((index) => `${name}.${index.name}`);
    }),
  );
  return missing.flat();
}

function noneWithoutCollection(error: unknown): IndexDescriptionInfo[] {
  if (error instanceof MongoServerError && error.codeName === 'NamespaceNotFound') return [];
  throw error;
}

/** Makes the indexes that are missing. One that is defined otherwise by now is made anew, another expiry is set. */
async function prepareIndexes(db: Database['db'], name: string, indexes: IndexDescription[]): Promise<void> {
  if (indexes.length === 0) return;
  const collection = db.collection(name);
  const existing = new Map((await collection.indexes()).map((index) => [index.name, index]));
  for (const index of indexes) {
    const before = existing.get(index.name);
    if (!before || index.name === undefined) continue;
    if (definitionOf(before) !== definitionOf(index)) await collection.dropIndex(index.name);
    else if (before.expireAfterSeconds !== index.expireAfterSeconds) {
      const { expireAfterSeconds } = index;
      await db.command({ collMod: name, index: { name: index.name, expireAfterSeconds } });
    }
  }
  await collection.createIndexes(indexes);
}

/** What cannot be changed in an index that exists. */
function definitionOf({ key, unique, partialFilterExpression }: IndexDescription | IndexDescriptionInfo): string {
  return JSON.stringify([key, unique === true, partialFilterExpression ?? null]);
}

/** Gateway and worker may start at once and both find a collection missing. */
async function createIfAbsent(db: Database['db'], name: string): Promise<void> {
  try {
    await db.createCollection(name);
  } catch (error) {
    if (!(error instanceof MongoServerError && error.codeName === 'NamespaceExists')) throw error;
  }
}
