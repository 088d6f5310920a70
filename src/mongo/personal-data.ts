import type { Collection, Db, Filter } from 'mongodb';
import type { ErasedPage } from '../../activities/erase-contact';
import type { Delivery } from '../../domain/delivery';
import { erasedBody, erasedText, mentions, type Person } from '../../domain/erasure';
import type { AutomationRunStore } from './automation-runs';
import type { Database } from './connect';
import { newsOfPersons, type EmailEventStore } from './email-events';
import type { EmailStore } from './emails';
import { withoutPerson } from './import-rows';
import type { ImportStore } from './imports';
import type { ListenerRequestStore } from './listener-requests';
import type { MailboxStore } from './mailbox';
import { messageSources, messageTypes, type MessageDocument, type MessageStore } from './messages';
import { newestFirst, oldestFirst, type PageStart } from './page';
import type { SignupStore } from './signups';
import type { SuppressionStore } from './suppressions';
import { contactRefs } from './waiters';
import type { WebhookDeliveryStore } from './webhook-deliveries';
import type { WebhookEndpointStore } from './webhook-endpoints';
import type { WebhookEventStore } from './webhook-events';

interface StoresOfPeople {
  messages: MessageStore;
  events: WebhookEventStore;
  deliveries: WebhookDeliveryStore;
  endpoints: WebhookEndpointStore;
  runs: AutomationRunStore;
  emails: EmailStore;
  emailEvents: EmailEventStore;
  imports: ImportStore;
  listenerRequests: ListenerRequestStore;
  signups: SignupStore;
  mailbox: MailboxStore;
  suppressions: SuppressionStore;
}

const pageSize = 500;
/** Each event has deliveries at up to ten endpoints, and those have attempts. */
const eventsPageSize = 100;
const chunksPageSize = 20;

/** A place in a collection that is gone through newest first, or by id. */
function readPlace(after: string | undefined): PageStart | undefined {
  if (after === undefined) return undefined;
  const [time = '', id = ''] = after.split(/ (.*)/s);
  return { at: new Date(Number(time)), id };
}
function placeOf(rows: { _id: string; at: Date }[], limit: number): { after?: string } {
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return last ? { after: `${last.at.getTime()} ${last._id}` } : {};
}

/**
 * What is stored of a person, kind by kind and page by page. Rows that something hangs on stay, without what they said
 * of the person: an inbox without its messages would take a repeat for a new one.
 */
export class PersonalDataStore {
  private readonly rejections: Collection<{ _id: string; workspaceId: string; body: string; receivedAt: Date }>;
  private readonly answers: Collection<{ _id: string; answer?: string }>;
  private readonly attempts: Collection<{ _id: string; responseBody: string }>;
  private readonly waiters: Collection<{ _id: string; refs: string[] }>;

  constructor(
    private readonly database: Database,
    private readonly stores: StoresOfPeople,
  ) {
    const db: Db = database.db;
    this.rejections = db.collection('rejections');
    this.answers = db.collection('idempotencyKeys');
    this.attempts = db.collection('webhookAttempts');
    this.waiters = db.collection('waiters');
  }

  /** Messages that were applied to the contact. */
  async messages(person: Person, after?: string): Promise<ErasedPage> {
    const filter = { workspaceId: person.workspaceId, 'outcome.contactId': person.contactId };
    const rows = await this.messagePage(filter, 'byContact', after);
    return this.blankMessages(rows, rows);
  }

  /** Messages that were applied to nobody: those that name the person. */
  async looseMessages(
    state: 'unresolved' | 'failed' | 'received' | 'waiting',
    person: Person,
    after?: string,
  ): Promise<ErasedPage> {
    const { workspaceId } = person;
    const rows =
      state === 'received' || state === 'waiting'
        ? await this.messagePage({ workspaceId, state }, state === 'received' ? 'unfinished' : 'waiting', after)
        : await this.messagePage(
            {
              ...{ workspaceId, 'outcome.status': state },
              ...{ type: { $in: [...messageTypes] }, source: { $in: [...messageSources] } },
            },
            'byStatus',
            after,
          );
    return this.blankMessages(
      rows,
      rows.filter(({ body }) => mentions(body, person)),
    );
  }

  /** A page of the person's events, the deliveries that they have, and whether some may get more. */
  async events(
    { contactId, workspaceId }: Person,
    after?: string,
  ): Promise<{ eventIds: string[]; deliveries: Delivery[]; isUndispatched: boolean; after?: string }> {
    // Oldest first: what comes in meanwhile is at the end.
    const page = { after: readPlace(after), limit: eventsPageSize };
    const rows = await oldestFirst(this.stores.events.collection, { contactId }, 'createdAt', page, 'byContact')
      .project<{ _id: string; createdAt: Date; isDispatched: boolean }>({ createdAt: 1, isDispatched: 1 })
      .toArray();
    const eventIds = rows.map(({ _id }) => _id);
    // Deleted endpoints have deliveries, too.
    const endpoints = await this.stores.endpoints.collection
      .find({ workspaceId })
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    const pairs = endpoints.flatMap(({ _id: endpointId }) => eventIds.map((eventId) => ({ endpointId, eventId })));
    const places = rows.map(({ _id, createdAt }) => ({ _id, at: createdAt }));
    return {
      eventIds,
      deliveries: await this.stores.deliveries.byPairs(pairs),
      isUndispatched: rows.some(({ isDispatched }) => !isDispatched),
      ...placeOf(places, eventsPageSize),
    };
  }

  /** Blanks what was sent and answered. What was not delivered never is. */
  async eraseEvents(eventIds: string[], deliveryIds: string[], at: Date): Promise<void> {
    if (deliveryIds.length > 0) {
      await this.stores.deliveries.collection.updateMany(
        { _id: { $in: deliveryIds }, status: { $nin: ['delivered', 'cancelled'] } },
        { $set: { status: 'cancelled', updatedAt: at }, $unset: { nextAttemptAt: true, inDispatch: true } },
      );
      await this.attempts.bulkWrite(
        deliveryIds.map((id) => ({
          updateMany: {
            filter: { _id: { $gte: `${id}/`, $lt: `${id}0` } },
            update: { $set: { responseBody: '' }, $unset: { responseHeaders: true } },
          },
        })),
        { ordered: false },
      );
    }
    await this.stores.listenerRequests.forgetAnswers(eventIds);
    await this.stores.events.erase(eventIds, at);
  }

  /** Logs of automation runs: a condition's result tells what the contact was like. */
  async runs({ contactId }: Person, after?: string): Promise<ErasedPage> {
    const page = { after: readPlace(after), limit: pageSize };
    const rows = await oldestFirst(this.stores.runs.collection, { contactId }, 'startedAt', page, 'byContact')
      .project<{ _id: string; startedAt: Date; status: string }>({ startedAt: 1, status: 1 })
      .toArray();
    await this.stores.runs.collection.updateMany(
      { _id: { $in: rows.map(({ _id }) => _id) } },
      { $set: { 'log.$[].result': erasedText } },
    );
    const places = rows.map(({ _id, startedAt }) => ({ _id, at: startedAt }));
    return {
      counts: { automationRuns: rows.length },
      isUnderWay: rows.some(({ status }) => status === 'running'),
      ...placeOf(places, pageSize),
    };
  }

  /** Emails to the contact. */
  async emails({ workspaceId, contactId }: Person, after?: string): Promise<ErasedPage> {
    const page = { after: readPlace(after), limit: pageSize };
    const rows = await newestFirst(
      this.stores.emails.collection,
      { workspaceId, contactId },
      'createdAt',
      page,
      'byContact',
    );
    const places = rows.map(({ _id, createdAt }) => ({ _id, at: createdAt }));
    return { ...(await this.blankEmails(rows)), ...placeOf(places, pageSize) };
  }

  /** Emails to the address that name no contact. Each page leaves fewer of them. */
  async emailsTo({ workspaceId, emails }: Person): Promise<ErasedPage> {
    const rows = await this.stores.emails.collection
      .find({ workspaceId, to: { $in: emails } })
      .limit(pageSize)
      .toArray();
    return { ...(await this.blankEmails(rows)), ...(rows.length === pageSize ? { after: 'more' } : {}) };
  }

  async waiting({ workspaceId, emails, userIds }: Person): Promise<ErasedPage> {
    const refs = contactRefs(workspaceId, { emails, userIds });
    const { deletedCount } = await this.waiters.deleteMany({ refs: { $in: refs } });
    return { counts: { waiters: deletedCount } };
  }

  async refused(person: Person, after?: string): Promise<ErasedPage> {
    const { workspaceId } = person;
    const page = { after: readPlace(after), limit: pageSize };
    const rows = await newestFirst(this.rejections, { workspaceId }, 'receivedAt', page, 'newest');
    const ids = rows.flatMap(({ _id, body }) => (mentions(body, person) ? [_id] : []));
    if (ids.length > 0) await this.rejections.deleteMany({ _id: { $in: ids } });
    const places = rows.map(({ _id, receivedAt }) => ({ _id, at: receivedAt }));
    return { counts: { rejections: ids.length }, ...placeOf(places, pageSize) };
  }

  /** Answers that are kept for a repeat under the same Idempotency-Key. The key stays used. */
  async keptAnswers(person: Person, after?: string): Promise<ErasedPage> {
    const { workspaceId } = person;
    const rows = await this.answers
      .find({ _id: { $gt: after ?? `${workspaceId}/`, $lt: `${workspaceId}0` } })
      .sort({ _id: 1 })
      .limit(pageSize)
      .toArray();
    const ids = rows.flatMap(({ _id, answer }) => (answer !== undefined && mentions(answer, person) ? [_id] : []));
    if (ids.length > 0) await this.answers.updateMany({ _id: { $in: ids } }, { $set: { answer: erasedBody } });
    const last = rows.length === pageSize ? rows.at(-1)?._id : undefined;
    return { counts: { answers: ids.length }, ...(last === undefined ? {} : { after: last }) };
  }

  /** Lines of CSV files: those that wait are left out, and of those that were refused the text goes. */
  async importLines({ workspaceId, emails }: Person): Promise<ErasedPage> {
    const { chunks } = this.stores.imports;
    const found = await chunks
      .find({ workspaceId, emails: { $in: emails } })
      .limit(chunksPageSize)
      .project<{ _id: string }>({ _id: 1 })
      .toArray();
    let lines = 0;
    for (const { _id } of found) {
      // In a transaction, since the import may be applying the same chunk.
      lines += await this.database.transaction(async (session) => {
        const chunk = await chunks.findOne({ _id }, { session });
        if (!chunk) return 0;
        const { change, count } = withoutPerson(chunk, emails);
        await chunks.updateOne({ _id }, { $set: change }, { session });
        return count;
      });
    }
    return { counts: { importLines: lines }, ...(found.length === chunksPageSize ? { after: 'more' } : {}) };
  }

  async signups({ workspaceId, emails }: Person): Promise<ErasedPage> {
    return { counts: { signups: await this.stores.signups.forget(workspaceId, emails) } };
  }

  /** What the local mailbox has taken, and the address on the list of those that nothing is sent to: it stays in force. */
  async mails({ workspaceId, emails }: Person): Promise<ErasedPage> {
    const { deletedCount } = await this.stores.mailbox.collection.deleteMany({ workspaceId, to: { $in: emails } });
    for (const email of emails) await this.stores.suppressions.forget(workspaceId, email);
    return { counts: { mails: deletedCount } };
  }

  private messagePage(
    filter: Filter<MessageDocument>,
    index: string,
    after: string | undefined,
  ): Promise<MessageDocument[]> {
    const page = { after: readPlace(after), limit: pageSize };
    return newestFirst(this.stores.messages.collection, filter, 'receivedAt', page, index);
  }

  private async blankMessages(page: MessageDocument[], found: MessageDocument[]): Promise<ErasedPage> {
    const ids = found.flatMap(({ _id, body }) => (body === erasedBody ? [] : [_id]));
    if (ids.length > 0) {
      await this.stores.messages.collection.updateMany({ _id: { $in: ids } }, { $set: { body: erasedBody } });
    }
    const places = page.map(({ _id, receivedAt }) => ({ _id, at: receivedAt }));
    return { counts: { messages: ids.length }, ...placeOf(places, pageSize) };
  }

  private async blankEmails(rows: { _id: string; to: string; status: string }[]): Promise<ErasedPage> {
    const ids = rows.map(({ _id }) => _id);
    if (ids.length === 0) return { counts: {} };
    const { collection } = this.stores.emails;
    await collection.updateMany(
      { _id: { $in: ids }, status: 'queued' },
      { $set: { status: 'skipped' }, $unset: { claim: true } },
    );
    await collection.updateMany(
      { _id: { $in: ids } },
      {
        $set: { to: erasedText },
        $unset: { subject: true, content: true, data: true, reason: true, smtpResponse: true },
      },
    );
    const heard = await this.blankNews(ids);
    return {
      counts: { emails: rows.filter(({ to }) => to !== erasedText).length, emailEvents: heard },
      // The mailer has it in its hands, and notes what the server says.
      isUnderWay: rows.some(({ status }) => status === 'sending'),
    };
  }

  private async blankNews(emailIds: string[]): Promise<number> {
    const { collection } = this.stores.emailEvents;
    let count = 0;
    for (const [kind, blank] of newsOfPersons) {
      const result = await collection.updateMany({ emailId: { $in: emailIds }, 'news.kind': kind }, { $set: blank });
      count += result.modifiedCount;
    }
    return count;
  }
}
