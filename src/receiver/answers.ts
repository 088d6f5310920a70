/** What the receiver does with one delivery; `delayMs` passes before it. */
export type Answer =
  | { kind: 'status'; statusCode: number; headers: Record<string, string>; body: string; delayMs: number }
  | { kind: 'reset' };

const hugeBodyBytes = 5_000_000;
// Longer than the 30 s that a sender waits.
const defaultSlowSeconds = 35;

/** The answer to attempt number `attempt` (from 1) of one webhook id on this path and query. */
export function answerFor(url: URL, attempt: number): Answer {
  const [behaviour = '', argument] = url.pathname.split('/').filter((part) => part !== '');
  switch (behaviour) {
    case 'fail':
      return attempt <= numberOr(argument, 1) ? status(500, `failing attempt ${attempt} on purpose`) : ok();
    case 'status':
      return status(Math.min(Math.max(numberOr(argument, 200), 200), 599), 'this path always answers like this');
    case 'slow':
      return { ...ok(), delayMs: numberOr(argument, defaultSlowSeconds) * 1_000 };
    case '429':
      return attempt === 1 ? busy(numberOr(url.searchParams.get('after'), 60)) : ok();
    case 'retry-after':
      return attempt === 1 ? busy(numberOr(argument, 60)) : ok();
    case 'redirect':
      return { ...status(302, 'over there'), headers: { location: '/ok' } };
    case 'reset':
      return { kind: 'reset' };
    case 'huge':
      return status(200, 'x'.repeat(hugeBodyBytes));
    default:
      return ok();
  }
}

/** A few words for the console, such as `500` or `200 after 35 s`. */
export function describeAnswer(answer: Answer): string {
  switch (answer.kind) {
    case 'reset':
      return 'connection reset';
    case 'status': {
      const retryAfter = answer.headers['retry-after'];
      const wait = answer.delayMs > 0 ? ` after ${answer.delayMs / 1_000} s` : '';
      return `${answer.statusCode}${wait}${retryAfter === undefined ? '' : `, Retry-After: ${retryAfter}`}`;
    }
  }
}

type StatusAnswer = Extract<Answer, { kind: 'status' }>;

function status(statusCode: number, body: string): StatusAnswer {
  return { kind: 'status', statusCode, headers: {}, body, delayMs: 0 };
}

function ok(): StatusAnswer {
  return status(200, 'ok');
}

function busy(retryAfterSeconds: number): StatusAnswer {
  return { ...status(429, 'too many requests'), headers: { 'retry-after': String(retryAfterSeconds) } };
}

function numberOr(text: string | null | undefined, fallback: number): number {
  return text != null && /^\d{1,6}$/.test(text) ? Number(text) : fallback;
}
