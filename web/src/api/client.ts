import createClient from 'openapi-fetch';
import type { components, paths } from './schema';

export type Problem = components['schemas']['Problem'];

/** An answer of the API that is not a success. Its message says what is wrong and what to do. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem | undefined,
  ) {
    super(problem?.detail ?? wordsFor(status));
  }

  /** What is wrong with one field of the body, by its JSON pointer: `/url`. */
  at(pointer: string): string | undefined {
    return this.problem?.errors?.find((error) => error.pointer === pointer)?.detail;
  }
}

function wordsFor(status: number): string {
  if (status === 0) return 'The server cannot be reached. Check that it runs and that you are online, then try again.';
  return `The server answered ${status} without saying why. Try again; if it stays, look at the log of the gateway.`;
}

/**
 * The management API with its types: `api.GET('/api/v1/lists', { params: { query: { limit: 50 } } })`. It throws an
 * ApiError for everything that is not a success, so that `data` is there.
 */
export const api = createClient<paths>({ credentials: 'same-origin' });

api.use({
  async onResponse({ response }) {
    const date = response.headers.get('date');
    if (date !== null) noteServerTime(Date.parse(date));
    if (!response.ok) throw new ApiError(response.status, await readProblem(response));
  },
  onError() {
    return new ApiError(0, undefined);
  },
});

async function readProblem(response: Response): Promise<Problem | undefined> {
  if (!(response.headers.get('content-type') ?? '').includes('application/problem+json')) return undefined;
  const body: unknown = await response.json();
  return isProblem(body) ? body : undefined;
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'detail' in value && typeof value.detail === 'string';
}

type Answer<Data> = { data?: Data };

/** The body of a success: `await read(api.GET(…))`. */
export async function read<Data>(call: Promise<Answer<Data>>): Promise<Data> {
  const { data } = await call;
  if (data === undefined) throw new ApiError(0, undefined);
  return data;
}

let serverAheadMs = 0;
let isTimeExact = false;

/** Called with what the server says the time is; `exact` comes with milliseconds, the Date header only with seconds. */
export function noteServerTime(serverMs: number, exact = false): void {
  if (Number.isNaN(serverMs) || (isTimeExact && !exact)) return;
  if (exact) isTimeExact = true;
  // A second more or less is the rounding of the header, not a clock that is wrong.
  const aheadMs = serverMs - Date.now();
  if (exact || Math.abs(aheadMs - serverAheadMs) > 1_500) serverAheadMs = aheadMs;
}

/** The time by the server's clock: countdowns must not follow a laptop that is minutes off. */
export function serverNowMs(): number {
  return Date.now() + serverAheadMs;
}
