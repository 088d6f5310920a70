import { createHash } from 'node:crypto';
import type { Filter } from 'mongodb';
import { z } from 'zod';
import { messageKey } from '../../domain/ids';
import type { AutomationStore } from '../mongo/automations';
import type { MessageDocument, MessageStore } from '../mongo/messages';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { notFound } from './problem';
import { route, type Route } from './route';
import { eventSchema, eventStatuses, isUnheard, traceOf } from './event-trace';

const listQuery = z.object({
  ...pageQuery,
  status: z.enum(eventStatuses, { error: `must be one of ${eventStatuses.join(', ')}` }).optional(),
  contactId: z.string().optional(),
  type: z.enum(['identify', 'track'], { error: 'must be identify or track' }).optional(),
});

export interface EventRouteDeps {
  messages: MessageStore;
  automations: AutomationStore;
  temporalUrl: (workflowId: string) => string | null;
  lateIdentifyWaitMs: number;
}

/** Received messages, and what became of each. */
export function eventRoutes(deps: EventRouteDeps): Route[] {
  /** Asked for only where a row needs it: most pages hold none that no automation listens to. */
  const knownKeys = async (workspaceId: string, documents: MessageDocument[]): Promise<string[]> =>
    documents.some(isUnheard) ? deps.automations.eventKeys(workspaceId) : [];

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
        const filter: Filter<MessageDocument> = {
          workspaceId,
          ...(query.type === undefined ? {} : { type: query.type }),
          ...(query.contactId === undefined ? {} : { 'outcome.contactId': query.contactId }),
          ...statusFilter(query.status),
        };
        const rows = await deps.messages.page(filter, { after: readCursor(query.cursor), limit: query.limit + 1 });
        const eventKeys = await knownKeys(workspaceId, rows);
        const place = (row: MessageDocument) => ({ at: row.receivedAt, id: row._id });
        return toPage(rows, query.limit, place, (row) => traceOf(row, { ...deps, eventKeys }));
      },
    }),
    route({
      method: 'get',
      path: '/events/:messageId',
      tag: 'Events',
      summary: 'One received message with its trace and what was sent',
      status: 200,
      response: eventSchema.extend({ payload: z.unknown().describe('The event as it came') }),
      async handle({ caller, params }) {
        const workspaceId = caller.workspace._id;
        const key = messageKey(workspaceId, params['messageId'] ?? '', sha256Hex);
        const [document] = await deps.messages.byKeys([key]);
        if (!document) throw notFound('received message');
        const eventKeys = await knownKeys(workspaceId, [document]);
        const payload: unknown = JSON.parse(document.body);
        return { ...traceOf(document, { ...deps, eventKeys }), payload };
      },
    }),
  ];
}

function statusFilter(status: (typeof eventStatuses)[number] | undefined): Filter<MessageDocument> {
  if (status === undefined) return {};
  return status === 'received' || status === 'waiting' ? { state: status } : { 'outcome.status': status };
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
