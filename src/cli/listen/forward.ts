import { Agent, request } from 'undici';
import { exchangeLimits } from '../../../domain/delivery';
import { maxAnswerBytes, type ListenAnswer, type ListenMessage } from '../../../domain/listening';
import { keptHeaders } from '../../../domain/response-headers';
import { boundedText, readBounded } from '../../webhooks/bounded-body';
import { describeFailure } from '../../webhooks/exchange-failure';
import { usageError } from '../outcome';

/** Posts what came to the server on this machine. Whatever becomes of it is an answer. */
export interface Forward {
  (message: ListenMessage<'request'>, signal: AbortSignal): Promise<ListenAnswer>;
}

export function createForward(url: string, { isCertificateChecked }: { isCertificateChecked: boolean }): Forward {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: isCertificateChecked } });
  return async ({ headers, body }, signal) => {
    const startedMs = performance.now();
    const tookMs = (): number => Math.round((performance.now() - startedMs) * 10) / 10;
    const limit = AbortSignal.timeout(exchangeLimits.timeoutMs);
    try {
      const bounded = AbortSignal.any([signal, limit]);
      const answer = await request(url, { method: 'POST', headers, body, dispatcher, signal: bounded });
      const length = answer.headers['content-length'];
      const read = await readBounded(answer.body, maxAnswerBytes, typeof length === 'string' ? length : undefined);
      return {
        statusCode: answer.statusCode,
        headers: keptHeaders(answer.headers).map(([name, value]) => ({ name, value })),
        body: boundedText(read, maxAnswerBytes).body,
        durationMs: tookMs(),
        error: null,
      };
    } catch (error) {
      const words = limit.aborted ? 'no answer came within 30 s' : wordsOf(error, url);
      return { statusCode: null, headers: [], body: '', durationMs: tookMs(), error: words };
    }
  };
}

function wordsOf(error: unknown, url: string): string {
  const failure = describeFailure(error, new URL(url).host);
  return failure.error === 'tls_error' ? `${failure.message} --skip-verify takes any.` : failure.message;
}

/** `4000`, `4000/hook`, `localhost:4000/hook` and `http://localhost:4000/hook` are all taken. */
export function readForwardTo(text: string | undefined): string {
  if (text === undefined || text.trim() === '') {
    throw usageError('--forward-to is missing; write --forward-to http://localhost:4000/hook');
  }
  // A number alone would be taken for an address.
  const named = /^\d+(\/|$)/.test(text) ? `localhost:${text}` : text;
  const full = /^https?:\/\//i.test(named) ? named : `http://${named}`;
  if (!URL.canParse(full)) throw usageError(`--forward-to ${text}: write a URL such as http://localhost:4000/hook`);
  return new URL(full).href;
}
