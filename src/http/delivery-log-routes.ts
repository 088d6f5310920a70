import { z } from 'zod';
import type { Delivery } from '../../domain/delivery';
import type { DeliveryPage, DeliverySearchStore } from '../mongo/delivery-search';
import type { PageStart } from '../mongo/page';
import { csvLines, csvTime, sendCsv, type CsvColumns } from './csv-file';
import { deliveryFilterQuery, filterOf, type DeliveryFilterQuery } from './delivery-log-query';
import { deliverySchema, showDelivery } from './delivery-schema';
import { pageOf, pageQuery, readCursor, writeCursor } from './page';
import { route, type Route } from './route';

/** More are said to be more: nobody waits for a number that is read as "many". */
const maxCounted = 10_000;
/** Rows of a file, and of a page that it is read by. */
const maxExported = 100_000;
const exportPage = 1_000;

export interface DeliveryLogDeps {
  deliverySearch: DeliverySearchStore;
  temporalUrl: (workflowId: string) => string | null;
}

/** The delivery log: page by page, counted, and as a file. */
export function deliveryLogRoutes({ deliverySearch, temporalUrl }: DeliveryLogDeps): Route[] {
  const pageFor = async (
    workspaceId: string,
    query: DeliveryFilterQuery,
    page: { after?: PageStart | undefined; limit: number },
  ): Promise<DeliveryPage> => {
    const filter = filterOf(query);
    const { eventId, contactId } = query;
    if (eventId !== undefined) {
      const rows = page.after ? [] : await deliverySearch.ofEvent(workspaceId, eventId, filter);
      return { rows: contactId === undefined ? rows : rows.filter((row) => row.contactId === contactId) };
    }
    if (contactId !== undefined) return deliverySearch.ofContact({ workspaceId, contactId }, filter, page);
    return deliverySearch.page(workspaceId, filter, page);
  };
  const countFor = async (workspaceId: string, query: DeliveryFilterQuery) => {
    if (query.eventId === undefined && query.contactId === undefined) {
      const count = await deliverySearch.count(workspaceId, filterOf(query), maxCounted + 1);
      return { count: Math.min(count, maxCounted), isMore: count > maxCounted };
    }
    const { rows, next } = await pageFor(workspaceId, query, { limit: maxCounted });
    return { count: rows.length, isMore: next !== undefined };
  };

  return [
    route({
      method: 'get',
      path: '/webhook-deliveries',
      tag: 'Deliveries',
      summary: 'The delivery log, newest first',
      status: 200,
      query: z.object({ ...pageQuery, ...deliveryFilterQuery }),
      response: pageOf(deliverySchema),
      async handle({ caller, query }) {
        const page = { after: readCursor(query.cursor), limit: query.limit };
        const { rows, next } = await pageFor(caller.workspace._id, query, page);
        return {
          data: rows.map((row) => showDelivery(row, temporalUrl)),
          nextCursor: next ? writeCursor(next) : null,
        };
      },
    }),
    route({
      method: 'get',
      path: '/webhook-deliveries/count',
      tag: 'Deliveries',
      summary: `How many deliveries the filters leave, counted up to ${maxCounted.toLocaleString('en')}`,
      status: 200,
      query: z.object(deliveryFilterQuery),
      response: z.object({ count: z.int(), isMore: z.boolean().describe('There are more than were counted') }),
      handle: ({ caller, query }) => countFor(caller.workspace._id, query),
    }),
    route({
      method: 'get',
      path: '/webhook-deliveries/export.csv',
      tag: 'Deliveries',
      summary: `The delivery log as a CSV file, newest first, ${maxExported.toLocaleString('en')} rows at most`,
      status: 200,
      query: z.object(deliveryFilterQuery),
      file: 'text/csv',
      async handle({ caller, query, response }) {
        const pages = linesOf((page) => pageFor(caller.workspace._id, query, page));
        await sendCsv(response, { name: 'webhook-deliveries.csv', columns: Object.keys(columns), pages });
        return undefined;
      },
    }),
  ];
}

const columns = {
  id: ({ id }) => id,
  event: ({ eventType }) => eventType,
  status: ({ status }) => status,
  attempts: ({ attemptCount }) => String(attemptCount),
  lastStatusCode: ({ lastStatusCode }) => lastStatusCode?.toString(),
  lastError: ({ lastError }) => lastError,
  createdAt: ({ createdAtMs }) => csvTime(createdAtMs),
  updatedAt: ({ updatedAtMs }) => csvTime(updatedAtMs),
  nextAttemptAt: ({ nextAttemptAtMs }) => csvTime(nextAttemptAtMs),
  endpointId: ({ endpointId }) => endpointId,
  eventId: ({ eventId }) => eventId,
  contactId: ({ contactId }) => contactId,
} as const satisfies CsvColumns<Delivery>;

type ReadPage = (page: { after?: PageStart | undefined; limit: number }) => Promise<DeliveryPage>;

async function* linesOf(read: ReadPage): AsyncGenerator<string> {
  let after: PageStart | undefined;
  for (let written = 0; written < maxExported;) {
    const { rows, next } = await read({ after, limit: exportPage });
    yield csvLines(columns, rows);
    written += rows.length;
    if (!next) return;
    after = next;
  }
}
