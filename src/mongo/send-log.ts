import { emailDelivered } from '../../domain/email';
import type { EmailCount } from '../../domain/email-event';
import { deliveredEventIdOf } from '../../domain/ids';
import { erasedText } from '../../domain/erasure';
import type { WebhookEvent } from '../../domain/webhook-events';
import type { EmailState, SendLog } from '../../activities/send-batch';
import type { Database } from './connect';
import { emailFrom, type EmailDocument } from './emails';
import type { Stores } from './stores';

/** A transaction has seconds, and a batch may be long. */
const deliveriesPerCommit = 250;

/** What sending reads and notes of emails, over the stores that hold them. */
export function createSendLog(
  database: Database,
  stores: Pick<Stores, 'emails' | 'emailEvents' | 'contacts' | 'suppressions' | 'campaigns' | 'events'>,
  /** Those of the workspaces that have an endpoint for email.delivered: elsewhere each email would be told to nobody. */
  askedBy: (workspaceIds: string[]) => Promise<Set<string>> = (ids) => Promise.resolve(new Set(ids)),
): SendLog {
  /** One page of the deliveries; a second try finds the first one's events in the rows. */
  const deliverPage = (emailIds: string[]): Promise<string[]> =>
    database.transaction(async (session) => {
      const rows = await stores.emails.byIds(emailIds, session);
      const open = rows.filter(({ deliveredAtMs }) => deliveredAtMs === undefined);
      const events: WebhookEvent[] = [];
      const counts = new Map<string, Partial<Record<EmailCount, number>>>();
      const plainIds: string[] = [];
      const deliveries = open.flatMap((row) => {
        // The server's 2xx is the delivery, as far as is known here.
        const { sentAtMs: atMs } = row;
        if (atMs === undefined) return [];
        // Nothing is told of a person who was erased meanwhile.
        const eventId = deliveredEventIdOf(row._id);
        const event = row.to === erasedText ? undefined : emailDelivered(eventId, emailFrom(row), atMs);
        if (event) events.push(event);
        if (row.kind === 'campaign') {
          counts.set(row.campaignId, { delivered: (counts.get(row.campaignId)?.delivered ?? 0) + 1 });
        }
        if (row.status === 'sent' && event) {
          plainIds.push(row._id);
          return [];
        }
        // A bounce or a complaint that came first says more.
        const status = row.status === 'sent' ? 'delivered' : row.status;
        return [{ _id: row._id, status, deliveredAtMs: atMs, ...(event ? { deliveredEventId: event.id } : {}) }];
      });
      await stores.emails.markSentDelivered(plainIds, session);
      await stores.emails.markDelivered(deliveries, session);
      await stores.campaigns.addCounts(counts, session);
      const asking = await askedBy([...new Set(events.map(({ workspaceId }) => workspaceId))]);
      const told = events.filter(({ workspaceId }) => asking.has(workspaceId));
      await stores.events.insert(told, session);
      const unasked = events.filter(({ workspaceId }) => !asking.has(workspaceId));
      await stores.events.insertUnasked(unasked, new Date(), session);
      return [...rows.flatMap(({ deliveredEventId }) => deliveredEventId ?? []), ...told.map(({ id }) => id)];
    });

  return {
    async states(emailIds) {
      const rows = await stores.emails.byIds(emailIds);
      const queued = rows.filter(({ status }) => status === 'queued');
      const workspaceIds = [...new Set(queued.map(({ workspaceId }) => workspaceId))];
      const known = await Promise.all(workspaceIds.map((id) => readPeople(id, queued)));
      const people = new Map(workspaceIds.map((id, index) => [id, known[index]]));
      return rows.map((row): EmailState => {
        const { contacts, suppressions } = people.get(row.workspaceId) ?? {};
        const contact = contacts?.get(row.contactId ?? '');
        const suppression = suppressions?.get(row.to);
        return {
          email: emailFrom(row),
          tries: row.tries ?? 0,
          ...(row.smtpResponse === undefined ? {} : { response: row.smtpResponse }),
          ...(contact ? { contact } : {}),
          ...(suppression ? { suppression } : {}),
        };
      });
    },

    settle: (ends) => stores.emails.settle(ends),

    async deliver(emailIds) {
      const eventIds: string[] = [];
      for (let start = 0; start < emailIds.length; start += deliveriesPerCommit) {
        eventIds.push(...(await deliverPage(emailIds.slice(start, start + deliveriesPerCommit))));
      }
      return eventIds;
    },

    async report(entries) {
      await stores.emailEvents.insert(
        entries.map(({ key, emailId, atMs, news }) => ({
          ...{ _id: key, emailId, at: new Date(atMs), receivedAt: new Date(atMs), state: 'received', source: 'smtp' },
          news,
        })),
      );
    },
  };

  async function readPeople(workspaceId: string, queued: readonly EmailDocument[]) {
    const rows = queued.filter((row) => row.workspaceId === workspaceId);
    const contactIds = [...new Set(rows.flatMap(({ contactId }) => contactId ?? []))];
    const [contacts, suppressions] = await Promise.all([
      stores.contacts.byIds(workspaceId, contactIds),
      stores.suppressions.among(workspaceId, [...new Set(rows.map(({ to }) => to))]),
    ]);
    return { contacts: new Map(contacts.map((contact) => [contact.id, contact])), suppressions };
  }
}
