import { z } from 'zod';
import { CliError, exitCodes, usageError } from './outcome';
import { plain } from './output';
import type { CliSettings } from './settings';

const problemSchema = z.object({
  code: z.string().default(''),
  detail: z.string(),
  requestId: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).default([]),
});

export type Query = Record<string, string | number | undefined>;
export interface CallOptions {
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
}
export interface ApiAnswer {
  status: number;
  json: unknown;
  /** By the server's clock: countdowns must not follow a laptop that is minutes off. */
  nowMs: number;
}
/** What was asked for, and the answer as it came. */
export type Read<Data> = { data: Data } & ApiAnswer;

const answerWithinMs = 30_000;
/** The Date header has seconds: so much of a difference is its rounding. */
const clockRoundingMs = 1_500;

/** The management API, called with a key. Whatever is not a success ends the command with the server's own words. */
export class Api {
  constructor(private readonly settings: CliSettings) {}

  get url(): string {
    return this.settings.url;
  }

  /** The key in a header; a command that has none ends here. */
  authorization(): { authorization: string } {
    const { apiKey } = this.settings;
    if (apiKey === undefined) {
      throw usageError('ESX_API_KEY: is not set; put an API key into it or give --key (dashboard: Settings → API)');
    }
    return { authorization: `Bearer ${apiKey}` };
  }

  /** Below the server's URL; `path` begins with a slash. */
  async call(method: string, path: string, { query = {}, body, headers = {} }: CallOptions = {}): Promise<ApiAnswer> {
    const response = await this.fetch(`${path}${queryText(query)}`, {
      method,
      headers: { ...this.authorization(), 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(answerWithinMs),
    });
    const text = await response.text().catch((error: unknown) => {
      throw brokenOff(this.url, error);
    });
    const json = text === '' ? undefined : parseJson(text);
    if (!response.ok) throw problemOf(this.url, response, json);
    return { status: response.status, json, nowMs: clockOf(response) };
  }

  async get<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    query: Query = {},
  ): Promise<Read<z.output<Schema>>> {
    const answer = await this.call('GET', `/api/v1${path}`, { query });
    return { ...answer, data: this.read(schema, answer.json, path) };
  }

  async post<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    body: unknown = {},
  ): Promise<Read<z.output<Schema>>> {
    const answer = await this.call('POST', `/api/v1${path}`, { body });
    return { ...answer, data: this.read(schema, answer.json, path) };
  }

  /** As it is, for what is no JSON. */
  async fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(`${this.url}${path}`, init);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw unreachable(this.url, error);
    }
  }

  private read<Schema extends z.ZodType>(schema: Schema, json: unknown, path: string): z.output<Schema> {
    const result = schema.safeParse(json);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw new CliError(
      `${this.url} answers ${path} in a form that this esx does not know (${issue?.path.join('.') || 'the answer'}: ${issue?.message ?? ''}); use the esx of the server's version`,
    );
  }
}

function queryText(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function clockOf(response: Response): number {
  const serverMs = Date.parse(response.headers.get('date') ?? '');
  const nowMs = Date.now();
  return Number.isNaN(serverMs) || Math.abs(serverMs - nowMs) < clockRoundingMs ? nowMs : serverMs;
}

export function unreachable(url: string, error: unknown): CliError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.message) : String(cause);
  return new CliError(
    `Nothing answers at ${url} (${code}). Start the server with npm start, or name another one with --url or ESX_URL.`,
    exitCodes.notThere,
    true,
  );
}

function brokenOff(url: string, error: unknown): CliError {
  const why = error instanceof Error ? error.message : String(error);
  return new CliError(`The answer of ${url} broke off (${why}); try it again.`, exitCodes.notThere, true);
}

/** The server's own words, with each field that is wrong. */
export function problemOf(url: string, response: Response, json: unknown): CliError {
  const problem = problemSchema.safeParse(json);
  const exitCode = response.status === 404 ? exitCodes.notThere : exitCodes.failed;
  const isTemporary = response.status === 429 || response.status >= 500;
  if (!problem.success) {
    const what = `${url} answers ${response.status} and does not say why; is it an EmailSendX server?`;
    return new CliError(what, response.status >= 500 ? exitCodes.notThere : exitCode, isTemporary);
  }
  const { detail, errors } = problem.data;
  // The first of them stands in the detail.
  const more = errors.slice(1).map((error) => `\n  ${error.pointer}: ${error.detail}`);
  const key = response.status === 401 ? ' (the key comes from --key or ESX_API_KEY)' : '';
  return new CliError(plainMessage(`${detail}${key}${more.join('')}`), exitCode, isTemporary);
}

function plainMessage(text: string): string {
  return text.split('\n').map(plain).join('\n');
}
