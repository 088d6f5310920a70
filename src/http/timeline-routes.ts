import { z } from 'zod';
import type { AutomationRunStore } from '../mongo/automation-runs';
import type { ContactStore } from '../mongo/contacts';
import type { EmailLogStore } from '../mongo/email-log';
import type { MessageStore } from '../mongo/messages';
import type { PageStart } from '../mongo/page';
import type { SignupStore } from '../mongo/signups';
import type { WebhookEventStore } from '../mongo/webhook-events';
import {
  itemOfEmail,
  itemOfEvent,
  itemOfMessage,
  itemOfRun,
  itemsOfSignUp,
  timelineItemSchema,
  type TimelineItem,
} from './contact-timeline';
import { invalidCursor, pageOf, pageQuery } from './page';
import { notFound } from './problem';
import { route, type Route } from './route';

/** At one and the same time, what came of something stands above it. */
const sources = ['events', 'emails', 'runs', 'signUps', 'messages'] as const;
type Source = (typeof sources)[number];
/** The item that a page has ended with. */
interface Place extends PageStart {
  source: Source;
}
interface Placed {
  place: Place;
  item: TimelineItem;
}

const maxSignUps = 100;
/** Each row of each source may hold an event of 32 KB. */
const timelineQuery = z.object({
  cursor: pageQuery.cursor,
  limit: z.coerce.number().int().min(1).max(100).default(30).describe('Rows in a page, 1 to 100'),
});

export interface TimelineRouteDeps {
  contacts: ContactStore;
  messages: MessageStore;
  events: WebhookEventStore;
  emailLog: EmailLogStore;
  runs: AutomationRunStore;
  signups: SignupStore;
}

/** Everything that happened to a contact, from all that is stored of it. */
export function timelineRoutes(deps: TimelineRouteDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/contacts/:id/timeline',
      tag: 'Contacts',
      summary: 'What happened to a contact, newest first: messages, changes, emails, automations, sign-ups',
      status: 200,
      query: timelineQuery,
      response: pageOf(timelineItemSchema),
      async handle({ caller, params, query }) {
        const workspaceId = caller.workspace._id;
        const contact = await deps.contacts.get(workspaceId, params['id'] ?? '');
        if (!contact) throw notFound('contact');
        const { limit } = query;
        const after = readPlace(query.cursor);
        const pageFor = (source: Source) => ({ after: startOf(source, after), limit: limit + 1 });
        const [events, emails, runs, signUps, messages] = await Promise.all([
          deps.events.ofContact(contact.id, pageFor('events')),
          deps.emailLog.page(workspaceId, { by: 'person', contactId: contact.id }, pageFor('emails')),
          deps.runs.ofContact(contact.id, pageFor('runs')),
          deps.signups.ofEmail(workspaceId, contact.email, maxSignUps),
          deps.messages.page({ workspaceId, 'outcome.contactId': contact.id }, pageFor('messages')),
        ]);
        const rows = [
          ...events.map((row) => placed('events', row.id, itemOfEvent(row))),
          ...emails.map((row) => placed('emails', row._id, itemOfEmail(row))),
          ...runs.map((row) => placed('runs', row._id, itemOfRun(row))),
          ...signUps
            .flatMap(itemsOfSignUp)
            .map((item) => placed('signUps', item.id, item))
            .filter(({ place }) => after === undefined || newestFirst(after, place) < 0),
          ...messages.map((row) => placed('messages', row._id, itemOfMessage(row))),
        ].sort((one, other) => newestFirst(one.place, other.place));
        const last = rows.length > limit ? rows[limit - 1] : undefined;
        return {
          data: rows.slice(0, limit).map(({ item }) => item),
          nextCursor: last ? writePlace(last.place) : null,
        };
      },
    }),
  ];
}

function placed(source: Source, id: string, item: TimelineItem): Placed {
  return { place: { source, id, at: new Date(item.at) }, item };
}

/** Negative where the first stands above the second: the same order in which each source is read. */
function newestFirst(one: Place, other: Place): number {
  const byTime = other.at.getTime() - one.at.getTime();
  if (byTime !== 0) return byTime;
  const bySource = sources.indexOf(one.source) - sources.indexOf(other.source);
  if (bySource !== 0) return bySource;
  return one.id === other.id ? 0 : one.id > other.id ? -1 : 1;
}

/** Where a source goes on: of the rows at the same time, those below the place. */
function startOf(source: Source, after: Place | undefined): PageStart | undefined {
  if (!after || source === after.source) return after;
  const isAbove = sources.indexOf(source) < sources.indexOf(after.source);
  return { at: after.at, id: isAbove ? '' : '\u{10ffff}' };
}

function writePlace({ at, source, id }: Place): string {
  return Buffer.from(`${at.getTime()}:${source}:${id}`).toString('base64url');
}

function readPlace(cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return undefined;
  const [, time, name, id] = /^(\d+):(\w+):(.+)$/s.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  const at = new Date(Number(time));
  const source = sources.find((each) => each === name);
  if (source === undefined || id === undefined || Number.isNaN(at.getTime())) throw invalidCursor();
  return { at, source, id };
}
