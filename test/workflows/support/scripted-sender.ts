import type { WebhookSender } from '../../../activities/make-attempt';
import type { StepCaller } from '../../../activities/run-step';
import type { ExchangeOutcome } from '../../../domain/delivery';

/** One request as the receiver would have got it. */
export interface Sent {
  atMs: number;
  url: string;
  webhookId: string;
  body: string;
  secrets: string[];
}
/** A status code, or an answer with a Retry-After header. */
export type Reply = number | { statusCode: number; retryAfter: string };
/** `index` counts the requests from 0. A rejection is a fault of our own. */
export type Script = (request: Sent, index: number) => Reply | Promise<Reply>;

/** A receiver that follows a script, instantly by the test's clock, and remembers what it was sent. */
export interface ScriptedSender extends WebhookSender, StepCaller {
  sent: Sent[];
  /** Requests of one webhook-id. */
  of(webhookId: string): Sent[];
  follow(script: Script): void;
}

/** These answers one after another; the last one for ever. */
export function inOrder(...replies: [Reply, ...Reply[]]): Script {
  return (_request, index) => replies[Math.min(index, replies.length - 1)] ?? 200;
}

/** The first so many webhook-ids fail each time they are sent, up to so many times; all others are taken. */
export function failingFirst(count: number, times = Infinity): Script {
  const failures = new Map<string, number>();
  return ({ webhookId }) => {
    const before = failures.get(webhookId) ?? (failures.size < count ? 0 : times);
    if (before >= times) return 200;
    failures.set(webhookId, before + 1);
    return 500;
  };
}

export function createScriptedSender(now: () => number): ScriptedSender {
  let script: Script = () => 200;
  const sent: Sent[] = [];
  const exchange = async (request: Sent): Promise<ExchangeOutcome> => {
    const index = sent.push(request) - 1;
    const reply = await script(request, index);
    const { statusCode, ...header } = typeof reply === 'number' ? { statusCode: reply } : reply;
    return { kind: 'response', statusCode, ...header, body: `answer ${index + 1}`, durationMs: 0 };
  };
  return {
    sent,
    of: (webhookId) => sent.filter((request) => request.webhookId === webhookId),
    follow(next) {
      script = next;
    },
    send: ({ url, webhookId, body, secrets, nowMs }) => exchange({ atMs: nowMs, url, webhookId, body, secrets }),
    call: ({ url, webhookId, body }) => exchange({ atMs: now(), url, webhookId, body, secrets: [] }),
  };
}
