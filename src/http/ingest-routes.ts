import { Router, type Request, type Response } from 'express';
import { isObject } from '../../domain/json';
import { itemsOf, type Arrival, type Receipt, type Receiver } from '../ingest/receive';
import type { MessageSource } from '../mongo/messages';
import type { Authenticator } from './auth';
import { bodyText, parseJson } from './body';
import { Problem } from './problem';
import type { RateLimit } from './rate-limit';

const sdkTypes = ['identify', 'track', 'page', 'screen', 'group', 'alias'] as const;
const maxItems = 5_000;

/** The CDPs' webhook destinations, and the calls that their SDKs make. */
export function ingestRoutes(deps: { auth: Authenticator; receiver: Receiver; limit: RateLimit }): Router {
  const router = Router();

  const take = async (
    request: Request,
    response: Response,
    source: MessageSource,
    type?: string,
  ): Promise<Receipt[] | Receipt> => {
    const text = bodyText(request);
    const body = tryJson(text);
    const caller = await deps.auth.authenticate(request, isObject(body) ? body['writeKey'] : undefined);
    const listId = listOf(request) ?? caller.workspace.defaultListId;
    const arrival: Omit<Arrival, 'items' | 'text'> = {
      workspaceId: caller.workspace._id,
      source,
      ...(listId === undefined ? {} : { listId }),
    };
    if (body === undefined) {
      await deps.receiver.reject(arrival, text, 'the body is not JSON');
      parseJson(text);
    }
    const { items, isSingle, sentAt } = itemsOf(type === undefined ? body : withType(body, type));
    // Before the limit: a body that can never be taken must not be answered with 429, nor use up what others may send.
    if (items.length > maxItems) {
      throw new Problem(
        413,
        'too_many_events',
        `The body holds ${items.length} events; send at most ${maxItems} at a time.`,
      );
    }
    await deps.limit.consume(caller.workspace._id, items.length, response);
    const receipts = await deps.receiver.receive({ ...arrival, items, text, sentAt });
    const [only] = receipts;
    if (!isSingle || !only) return receipts;
    if (only.status === 'rejected') throw rejection(only);
    return only;
  };

  for (const source of ['segment', 'rudderstack'] as const) {
    router.all(`/api/${source}/track`, async (request, response) => {
      onlyBy(['POST', 'PUT', 'PATCH'], request, response);
      const taken = await take(request, response, source);
      response.status(202).json(Array.isArray(taken) ? summary(taken) : taken);
    });
  }
  for (const type of sdkTypes) {
    router.all(`/v1/${type}`, async (request, response) => {
      onlyBy(['POST'], request, response);
      const taken = await take(request, response, 'sdk', type);
      response.status(200).json({ success: true, ...(Array.isArray(taken) ? summary(taken) : taken) });
    });
  }
  router.all(['/v1/batch', '/v1/import'], async (request, response) => {
    onlyBy(['POST'], request, response);
    const taken = await take(request, response, 'sdk');
    response.status(200).json({ success: true, ...(Array.isArray(taken) ? summary(taken) : taken) });
  });
  return router;
}

function tryJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function onlyBy(methods: string[], request: Request, response: Response): void {
  if (methods.includes(request.method)) return;
  response.setHeader('Allow', methods.join(', '));
  throw new Problem(405, 'method_not_allowed', `Send events with ${methods.join(', ')}.`);
}

/** Single calls to /v1/identify and the like do not repeat their type in the body. */
function withType(body: unknown, type: string): unknown {
  return isObject(body) && body['type'] === undefined ? { ...body, type } : body;
}

function rejection(receipt: Extract<Receipt, { status: 'rejected' }>): Problem {
  const errors = [{ pointer: receipt.pointer, detail: receipt.reason }];
  if (receipt.isTooLarge) return new Problem(413, 'event_too_large', receipt.reason, { errors });
  return new Problem(400, 'event_rejected', receipt.reason, { errors });
}

function listOf(request: Request): string | undefined {
  const { listId } = request.query;
  return typeof listId === 'string' && listId !== '' ? listId : request.get('X-Default-List-Id') || undefined;
}

function summary(receipts: Receipt[]): object {
  const count = (status: Receipt['status']): number => receipts.filter((receipt) => receipt.status === status).length;
  return {
    accepted: count('accepted'),
    duplicate: count('duplicate'),
    ignored: count('ignored'),
    rejected: receipts.flatMap((receipt, index) =>
      receipt.status === 'rejected'
        ? [
            {
              index,
              ...(receipt.messageId === undefined ? {} : { messageId: receipt.messageId }),
              reason: receipt.reason,
            },
          ]
        : [],
    ),
  };
}
