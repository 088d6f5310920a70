import { z } from 'zod';
import { isDeeperThan } from '../../domain/json';
import { maxNesting } from '../../domain/message';
import { itemsOf, type Receiver, type Receipt } from '../ingest/receive';
import { messageSources } from '../mongo/messages';
import type { RejectionDocument, RejectionStore } from '../mongo/rejections';
import { bodyOf } from './body-schema';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { notFound, Problem } from './problem';
import { route, type Route } from './route';

const rejectionSchema = z.object({
  id: z.string(),
  source: z.enum(messageSources),
  reason: z.string(),
  pointer: z.string().describe('The field that was wrong, as a JSON pointer into the event'),
  messageId: z.string().nullable(),
  body: z.string().describe('What came, as text'),
  isTruncated: z.boolean(),
  receivedAt: z.iso.datetime(),
  resentAt: z.iso.datetime().nullable(),
});
const receiptSchema = z.object({
  status: z.enum(['accepted', 'duplicate', 'ignored']),
  messageId: z.string().optional(),
  workflowId: z.string().optional(),
});
const resendBody = bodyOf({
  body: z
    .unknown()
    .refine((value) => !isDeeperThan(value, maxNesting), {
      error: `nests deeper than ${maxNesting}; send a flatter event`,
    })
    .optional()
    .describe('The mended event; without it the kept one is sent again'),
}).prefault({});

export interface RejectionRouteDeps {
  rejections: RejectionStore;
  receiver: Pick<Receiver, 'receive'>;
  now: () => number;
}

/** Messages that were refused, and sending them again. */
export function rejectionRoutes(deps: RejectionRouteDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/rejections',
      tag: 'Rejections',
      summary: 'What was refused and why, newest first',
      status: 200,
      query: z.object(pageQuery),
      response: pageOf(rejectionSchema),
      async handle({ caller, query }) {
        const page = { after: readCursor(query.cursor), limit: query.limit + 1 };
        const rows = await deps.rejections.page(caller.workspace._id, page);
        return toPage(rows, query.limit, (row) => ({ at: row.receivedAt, id: row._id }), show);
      },
    }),
    route({
      method: 'get',
      path: '/rejections/:id',
      tag: 'Rejections',
      summary: 'One refused message',
      status: 200,
      response: rejectionSchema,
      async handle({ caller, params }) {
        const rejection = await deps.rejections.get(caller.workspace._id, params['id'] ?? '');
        if (!rejection) throw notFound('rejected message');
        return show(rejection);
      },
    }),
    route({
      method: 'post',
      path: '/rejections/:id/resend',
      tag: 'Rejections',
      summary: 'Take a refused message in, as it came or mended',
      status: 202,
      body: resendBody,
      response: receiptSchema,
      idempotent: { secrets: [] },
      async handle({ caller, params, body }) {
        const workspaceId = caller.workspace._id;
        const rejection = await deps.rejections.get(workspaceId, params['id'] ?? '');
        if (!rejection) throw notFound('rejected message');
        const mended = body.body;
        const { items, isSingle } = itemsOf(mended === undefined ? keptEvent(rejection) : mended);
        if (!isSingle) {
          throw new Problem(
            422,
            'not_one_event',
            'This is more than one event; send the one that was mended as "body".',
          );
        }
        const [receipt] = await deps.receiver.receive({
          workspaceId,
          source: rejection.source,
          items,
          text: mended === undefined ? rejection.body : JSON.stringify(mended),
          ...(rejection.listId === undefined ? {} : { listId: rejection.listId }),
        });
        if (!receipt || receipt.status === 'rejected') throw rejectedAgain(receipt);
        await deps.rejections.markResent(workspaceId, rejection._id, new Date(deps.now()));
        return receipt;
      },
    }),
  ];
}

function keptEvent(rejection: RejectionDocument): unknown {
  if (rejection.isTruncated) {
    throw new Problem(
      409,
      'body_truncated',
      'Only the beginning of this message was kept; send the whole event, mended, as "body".',
    );
  }
  try {
    return JSON.parse(rejection.body);
  } catch {
    throw new Problem(
      422,
      'not_json',
      'What came was not JSON, so it cannot be sent again as it is; send the mended event as "body".',
    );
  }
}

function rejectedAgain(receipt: Extract<Receipt, { status: 'rejected' }> | undefined): Problem {
  const reason = receipt?.reason ?? 'there is no event in it';
  return new Problem(422, 'event_rejected', `${reason}; send it mended, as "body"`, {
    errors: [{ pointer: `/body${receipt?.pointer ?? ''}`, detail: reason }],
  });
}

function show(rejection: RejectionDocument): z.infer<typeof rejectionSchema> {
  return {
    id: rejection._id,
    source: rejection.source,
    reason: rejection.reason,
    pointer: rejection.pointer,
    messageId: rejection.messageId ?? null,
    body: rejection.body,
    isTruncated: rejection.isTruncated,
    receivedAt: rejection.receivedAt.toISOString(),
    resentAt: rejection.resentAt?.toISOString() ?? null,
  };
}
