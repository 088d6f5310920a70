import type { Request, Response, Router } from 'express';
import type { z } from 'zod';
import type { Authenticator, Caller } from './auth';
import { bodyText, parseJson } from './body';
import type { IdempotencyGuard } from './idempotency';
import { invalidInput, Problem } from './problem';
import type { RateLimit } from './rate-limit';

/** One management call: what it takes, what it answers, and what it does. The OpenAPI document is made from the same. */
export interface Route {
  method: 'get' | 'post' | 'patch' | 'delete';
  /** Express form, below /api/v1: `/lists/:id`. */
  path: string;
  tag: string;
  summary: string;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** The body is of this content type, and the handler reads it from the request as it comes in. */
  stream?: string;
  /** The answer stays open and is of server-sent events; which, in words. */
  eventStream?: string;
  /** The answer is a file of this content type, which the handler writes. */
  file?: string;
  status: 200 | 201 | 202 | 204;
  response?: z.ZodType;
  /** Owners alone may do it; a key may do what an owner may. */
  ownerOnly?: true;
  /** Creates something: takes an Idempotency-Key. `secrets` names fields of the answer that are never stored. */
  idempotent?: { secrets: string[] };
  handle(call: RouteCall): Promise<unknown>;
}
export interface RouteCall {
  caller: Caller;
  params: Record<string, string>;
  query: unknown;
  body: unknown;
  request: Request;
  response: Response;
}

/** A route whose handler sees its parsed query and body with their types, and must answer what the schema says. */
export function route<
  Query extends z.ZodObject = z.ZodObject<Record<string, never>>,
  Body extends z.ZodType = z.ZodUndefined,
  Answer extends z.ZodType = z.ZodUndefined,
>(
  definition: Omit<Route, 'query' | 'body' | 'response' | 'handle'> & {
    query?: Query;
    body?: Body;
    response?: Answer;
    handle(call: {
      caller: Caller;
      params: Record<string, string>;
      query: z.output<Query>;
      body: z.output<Body>;
      request: Request;
      response: Response;
    }): Promise<z.input<Answer>>;
  },
): Route {
  // The parse in mountRoutes gives handle exactly these types.
  return definition;
}

/** Serves the routes below /api/v1: key, rate limit, parse, handle, answer. */
export function mountRoutes(
  router: Router,
  routes: readonly Route[],
  deps: { auth: Authenticator; limit: RateLimit; idempotency: IdempotencyGuard },
): void {
  for (const definition of routes) {
    router[definition.method](definition.path, async (request, response) => {
      if (definition.stream) hangUpAfter(request, response);
      const caller = await deps.auth.authenticateManagement(request, response);
      if (definition.ownerOnly) requireOwner(caller);
      await deps.limit.consume(caller.workspace._id, 1, response);
      const query: unknown = definition.query ? parse(definition.query, request.query, 'query') : {};
      const text = bodyText(request);
      const body: unknown = definition.body
        ? parse(definition.body, text.trim() === '' ? undefined : parseJson(text), 'body')
        : undefined;
      const params = stringsOf(request.params);
      // Set first, so that a handler may choose another one.
      response.status(definition.status);
      const run = (): Promise<unknown> => definition.handle({ caller, params, query, body, request, response });
      const answer = definition.idempotent
        ? await deps.idempotency.run(
            request,
            caller,
            {
              fingerprint: `${request.method} ${request.path} ${definition.stream ? streamPrint(request) : text}`,
              ...definition.idempotent,
            },
            response,
            run,
          )
        : await run();
      // Answered in a form of its own.
      if (response.headersSent) return;
      if (definition.status === 204) response.end();
      else response.json(answer);
    });
  }
}

function requireOwner({ by }: Caller): void {
  if (by.kind === 'key' || by.role === 'owner') return;
  throw new Problem(
    403,
    'owner_only',
    'Only an owner of the workspace may do this; Settings → People says who that is.',
  );
}

/** Time to read an answer that comes before the end of the body, and what is still taken in meanwhile. */
const hangUpMs = 1_000;
const lastBytes = 1_000_000;

/** What is answered while its body still comes in is not read to the end, unless the end is near. */
function hangUpAfter(request: Request, response: Response): void {
  response.once('finish', () => {
    if (request.complete) return;
    let bytes = 0;
    request.on('data', (block: Buffer) => {
      bytes += block.length;
      if (bytes > lastBytes) request.pause();
    });
    setTimeout(() => {
      if (!request.complete) request.destroy();
    }, hangUpMs);
  });
}

/** What tells two bodies apart before they are read. */
function streamPrint(request: Request): string {
  const { 'content-length': length = '', 'content-encoding': encoding = '' } = request.headers;
  return `${request.originalUrl} ${length} ${encoding}`;
}

function parse(schema: z.ZodType, value: unknown, where: 'body' | 'query'): unknown {
  const result = schema.safeParse(value);
  if (!result.success) throw invalidInput(result.error, where);
  return result.data;
}

function stringsOf(params: Request['params']): Record<string, string> {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]));
}
