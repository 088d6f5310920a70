import type { Filter } from 'mongodb';
import { z } from 'zod';
import { eventKey } from '../../domain/event-name';
import { messageKey } from '../../domain/ids';
import type { AutomationStore } from '../mongo/automations';
import type { ContactStore } from '../mongo/contacts';
import {
  maxEventKeyLength,
  messageSources,
  messageTypes,
  type MessageDocument,
  type MessageStore,
} from '../mongo/messages';
import { sha256Hex } from '../sha256';
import { effectsOf, eventEffectsSchema, type EventEffectDeps } from './event-effects';
import { eventSchema, eventStatuses, isUnheard, traceOf } from './event-trace';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { notFound } from './problem';
import { route, type Route } from './route';

const moment = z.iso
  .datetime({ offset: true, error: 'must be an ISO 8601 time, such as 2026-04-15T10:00:00Z' })
  .transform((text) => new Date(text));
const listQuery = z.object({
  ...pageQuery,
  status: z.enum(eventStatuses, { error: `must be one of ${eventStatuses.join(', ')}` }).optional(),
  type: z.enum(messageTypes, { error: 'must be identify or track' }).optional(),
  source: z.enum(messageSources, { error: `must be one of ${messageSources.join(', ')}` }).optional(),
  event: z.string().max(200).optional().describe('The name of a track, in any spelling that automations match alike'),
  messageId: z.string().optional().describe('This one message, whatever else is asked for'),
  contactId: z.string().optional(),
  userId: z.string().optional().describe('Of the contact that is known by it'),
  since: moment.optional().describe('Received at this time or later'),
  until: moment.optional().describe('Received before this time'),
});
type EventQuery = z.output<typeof listQuery>;

export interface EventRouteDeps extends EventEffectDeps {
  messages: MessageStore;
  contacts: Pick<ContactStore, 'find'>;
  automations: AutomationStore;
  lateIdentifyWaitMs: number;
}

/** Received messages, and what became of each. */
export function eventRoutes(deps: EventRouteDeps): Route[] {
  /** Asked for only where a row needs it: most pages hold none that no automation listens to. */
  const knownKeys = async (workspaceId: string, documents: MessageDocument[]): Promise<string[]> =>
    documents.some(isUnheard) ? deps.automations.eventKeys(workspaceId) : [];

  const byId = (workspaceId: string, messageId: string): Promise<MessageDocument[]> =>
    deps.messages.byKeys([messageKey(workspaceId, messageId, sha256Hex)]);

  const list = async (workspaceId: string, query: EventQuery): Promise<MessageDocument[]> => {
    if (query.messageId !== undefined) return byId(workspaceId, query.messageId);
    const contactIds = query.contactId === undefined ? [] : [query.contactId];
    if (query.userId !== undefined) {
      const [known] = await deps.contacts.find(workspaceId, { emails: [], userIds: [query.userId] });
      contactIds.push(known?.id ?? '');
    }
    const [contactId, otherId = contactId] = contactIds;
    // Two people are not one, and only a track has a name.
    if (contactId === '' || contactId !== otherId) return [];
    if (query.event !== undefined && query.type === 'identify') return [];
    const filter = filterOf(workspaceId, { ...query, contactId });
    return deps.messages.page(filter, { after: readCursor(query.cursor), limit: query.limit + 1 });
  };

  return [
    route({
      method: 'get',
      path: '/events',
      tag: 'Events',
      summary: 'Received messages with their trace, newest first',
      status: 200,
      query: listQuery,
      response: pageOf(eventSchema),
      async handle({ caller, query }) {
        const workspaceId = caller.workspace._id;
        const rows = await list(workspaceId, query);
        const eventKeys = await knownKeys(workspaceId, rows);
        const place = (row: MessageDocument) => ({ at: row.receivedAt, id: row._id });
        return toPage(rows, query.limit, place, (row) => traceOf(row, { ...deps, eventKeys }));
      },
    }),
    route({
      method: 'get',
      path: '/events/:messageId',
      tag: 'Events',
      summary: 'One received message with its trace, and all that it has caused',
      status: 200,
      response: eventSchema.extend({
        ...eventEffectsSchema.shape,
        payload: z.unknown().describe('The event as it came'),
      }),
      async handle({ caller, params }) {
        const workspaceId = caller.workspace._id;
        const [document] = await byId(workspaceId, params['messageId'] ?? '');
        if (!document) throw notFound('received message');
        const [eventKeys, effects] = await Promise.all([knownKeys(workspaceId, [document]), effectsOf(document, deps)]);
        const payload: unknown = JSON.parse(document.body);
        return { ...traceOf(document, { ...deps, eventKeys }), ...effects, payload };
      },
    }),
  ];
}

function filterOf(
  workspaceId: string,
  { status, type, source, event, contactId, since, until }: EventQuery,
): Filter<MessageDocument> {
  const receivedAt = { ...(since ? { $gte: since } : {}), ...(until ? { $lt: until } : {}) };
  return {
    workspaceId,
    ...(type === undefined ? {} : { type }),
    ...(source === undefined ? {} : { source }),
    ...(event === undefined ? {} : { type: 'track', eventKey: eventKey(event).slice(0, maxEventKeyLength) }),
    ...(contactId === undefined ? {} : { 'outcome.contactId': contactId }),
    ...((since ?? until) ? { receivedAt } : {}),
    ...statusFilter(status),
  };
}

export function statusFilter(status: (typeof eventStatuses)[number] | undefined): Filter<MessageDocument> {
  if (status === undefined) return {};
  return status === 'received' || status === 'waiting' ? { state: status } : { 'outcome.status': status };
}
