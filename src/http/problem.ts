import { STATUS_CODES } from 'node:http';
import { MongoBulkWriteError, MongoError, MongoServerError } from 'mongodb';
import type { ErrorRequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import { isObject } from '../../domain/json';
import { OverloadedError } from '../mongo/gathering';
import { TemporalUnavailableError } from '../temporal/start';

export const problemErrorSchema = z.object({
  pointer: z.string(),
  detail: z.string(),
  line: z.int().optional().describe('Of a text that cannot be parsed, from 1'),
  column: z.int().optional(),
});
type ProblemError = z.infer<typeof problemErrorSchema>;

/** An answer that says what is wrong and what to do, as problem details (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    /** Stable, for programs: snake_case. */
    readonly code: string,
    /** For people: what is wrong and what to do. */
    readonly detail: string,
    readonly more: { errors?: ProblemError[]; retryAfterSeconds?: number } = {},
  ) {
    super(detail);
  }
}

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('Stable, for programs'),
    detail: z.string().describe('What is wrong and what to do'),
    requestId: z.string(),
    errors: z.array(problemErrorSchema).optional(),
  })
  .describe('Problem details, RFC 9457');

export function notFound(what: string): Problem {
  return new Problem(404, 'not_found', `There is no ${what} with this id in this workspace; check the id.`);
}

/** What a failed parse of a body or of query parameters answers; `where` is `body` or `query`. */
export function invalidInput(error: z.ZodError, where: 'body' | 'query'): Problem {
  const errors = error.issues.flatMap(leavesOf).flatMap(describeIssue);
  const [first] = errors;
  const field = first?.pointer.slice(1).replaceAll('/', '.') || `the ${where}`;
  const summary = first ? `${field}: ${first.detail}` : `the ${where} is not valid`;
  return new Problem(where === 'body' ? 422 : 400, `invalid_${where}`, summary, { errors });
}

/** One error for each field, with a JSON pointer (RFC 6901) and in words that say what to send. */
function describeIssue(issue: z.core.$ZodIssue): { pointer: string; detail: string }[] {
  if (issue.code === 'unrecognized_keys') {
    const detail = issue.message.startsWith('Unrecognized key') ? 'is not a field here; leave it out' : issue.message;
    return issue.keys.map((key) => ({ pointer: pointerTo([...issue.path, key]), detail }));
  }
  // What is wrong with a key is told inside: the issue itself says only that something is.
  if (issue.code === 'invalid_key') {
    return issue.issues.map(({ message }) => ({ pointer: pointerTo(issue.path), detail: message }));
  }
  const bound = boundOf(issue);
  if (bound !== undefined) return [{ pointer: pointerTo(issue.path), detail: bound }];
  const detail = /^Invalid input: expected (\w+)(?:, received (\w+))?$/.exec(issue.message);
  const [, expected, received] = detail ?? [];
  return [
    {
      pointer: pointerTo(issue.path),
      detail:
        expected === undefined
          ? issue.message.replace(/^Invalid discriminator value. Expected /, 'must be one of ').replaceAll(' | ', ', ')
          : received === 'undefined'
            ? `is missing; send ${withArticle(expected)}`
            : `must be ${withArticle(expected)}`,
    },
  ];
}

/** In our words where the schema has none of its own. */
function boundOf(issue: z.core.$ZodIssue): string | undefined {
  if (issue.code === 'invalid_value' && issue.message.startsWith('Invalid option')) {
    return `must be one of ${issue.values.map(String).join(', ')}`;
  }
  if (issue.code === 'too_big' && issue.message.startsWith('Too big')) {
    return `${must(issue.origin, issue.maximum)} at most`;
  }
  if (issue.code === 'too_small' && issue.message.startsWith('Too small')) {
    return `${must(issue.origin, issue.minimum)} at least`;
  }
  return undefined;
}

function must(origin: string, bound: number | bigint): string {
  if (origin === 'string') return `must have ${bound} characters`;
  return origin === 'array' ? `must have ${bound} entries` : `must be ${bound}`;
}

/**
 * A value that fits none of its forms, as what is wrong by the form that it comes nearest to: the one with the fewest
 * problems, and of those the one that goes deepest.
 */
function leavesOf(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.message !== 'Invalid input') return [issue];
  const forms = issue.errors.map((form) =>
    form.flatMap((inner) => leavesOf({ ...inner, path: [...issue.path, ...inner.path] })),
  );
  const depthOf = (leaves: z.core.$ZodIssue[]): number => Math.min(...leaves.map(({ path }) => path.length));
  const [nearest] = forms.sort((one, other) => one.length - other.length || depthOf(other) - depthOf(one));
  return nearest ?? [issue];
}

function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}

function pointerTo(path: PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Every error becomes an answer here and nowhere else. What is not known is logged, and says nothing outside. */
export function toProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof TemporalUnavailableError || isGrpcUnavailable(error)) {
    return new Problem(503, 'temporal_unavailable', 'Temporal cannot be reached at the moment; try again shortly.', {
      retryAfterSeconds: 5,
    });
  }
  if (error instanceof OverloadedError) {
    return new Problem(503, 'overloaded', 'More arrives than can be stored at the moment; send it again shortly.', {
      retryAfterSeconds: 2,
    });
  }
  if (error instanceof MongoServerError && error.code === 11000) {
    return new Problem(409, 'conflict', 'Something with the same key exists already; read it and change that one.');
  }
  if (error instanceof MongoError && isUnavailable(error)) {
    return new Problem(
      503,
      'database_unavailable',
      'The database cannot be reached at the moment; try again shortly.',
      { retryAfterSeconds: 5 },
    );
  }
  if (!isObject(error) && !(error instanceof Error)) return undefined;
  switch (Reflect.get(error, 'type')) {
    case 'entity.too.large':
      return new Problem(
        413,
        'body_too_large',
        'The body is larger than 5 MB after inflating; send fewer events at a time.',
      );
    case 'encoding.unsupported':
      return new Problem(
        415,
        'encoding_unsupported',
        'The content-encoding is not supported; use gzip, deflate, br or none.',
      );
    case 'request.aborted':
    case 'request.size.invalid':
      return new Problem(400, 'body_incomplete', 'The body ended before its announced length; send it again.');
  }
  const code: unknown = Reflect.get(error, 'code');
  if (typeof code === 'string' && /^(Z_|ERR_.*BROTLI|ERR__ERROR_FORMAT)/.test(code)) {
    return new Problem(
      400,
      'body_not_inflatable',
      'The body is not valid in the content-encoding it names; send it again.',
    );
  }
  if (Reflect.get(error, 'status') === 400)
    return new Problem(400, 'bad_request', 'The request cannot be read; check its URL and body.');
  return undefined;
}

function isUnavailable(error: MongoError): boolean {
  // The driver wraps a lost connection in this class too, without a single write error.
  if (error instanceof MongoBulkWriteError && [error.writeErrors].flat().length === 0) return true;
  return !(error instanceof MongoServerError) || isTransient(error);
}

function isTransient(error: MongoServerError): boolean {
  return ['RetryableWriteError', 'TransientTransactionError', 'RetryableError'].some((label) =>
    error.hasErrorLabel(label),
  );
}

/** gRPC's codes for "cannot be reached" and "took too long". */
function isGrpcUnavailable(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause ?? error) : undefined;
  const code: unknown = isObject(cause) || cause instanceof Error ? Reflect.get(cause, 'code') : undefined;
  return code === 14 || code === 4;
}

export function sendProblem(response: Response, problem: Problem): void {
  const { status, code, detail, more } = problem;
  if (more.retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(more.retryAfterSeconds));
  response
    .status(status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: `urn:emailsendx:problem:${code}`,
        title: STATUS_CODES[status] ?? 'Error',
        status,
        code,
        detail,
        requestId: String(response.getHeader('X-Request-Id') ?? ''),
        ...(more.errors ? { errors: more.errors } : {}),
      }),
    );
}

/** The last middleware: maps whatever was thrown. */
export function problemHandler(logger: Logger): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, request, response, _next) => {
    const problem =
      toProblem(error) ??
      new Problem(500, 'internal', 'Something went wrong on our side; try again, and quote the requestId if it stays.');
    if (problem.status >= 500) {
      logger.error(
        {
          err: error,
          method: request.method,
          path: withoutTokens(request.path),
          requestId: response.getHeader('X-Request-Id'),
        },
        'request.failed',
      );
    }
    if (response.headersSent) response.destroy();
    else sendProblem(response, problem);
  };
}

/** A link that is a permission by itself must not get into the log. */
function withoutTokens(path: string): string {
  return path.replace(/[\w.-]{32,}/g, '***');
}
