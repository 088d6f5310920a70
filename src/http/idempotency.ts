import type { Request, Response } from 'express';
import { isObject } from '../../domain/json';
import type { IdempotencyKeyStore } from '../mongo/idempotency-keys';
import { sha256Hex } from '../sha256';
import type { Caller } from './auth';
import { Problem } from './problem';

const keyForm = /^"?[\x21\x23-\x7e]{1,255}"?$/;

/** Runs a creating call once for each Idempotency-Key of a workspace; a repeat gets the first answer again. */
export class IdempotencyGuard {
  constructor(
    private readonly store: IdempotencyKeyStore,
    private readonly now: () => number,
  ) {}

  async run(
    request: Request,
    caller: Caller,
    call: { fingerprint: string; secrets: string[] },
    response: Response,
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    const header = request.get('Idempotency-Key');
    if (header === undefined) return work();
    if (!keyForm.test(header)) {
      throw new Problem(
        400,
        'idempotency_key_malformed',
        'Idempotency-Key must be 1 to 255 printable characters without spaces or inner quotes.',
      );
    }
    const id = `${caller.workspace._id}/${header.replace(/^"|"$/g, '')}`;
    const fingerprint = sha256Hex(call.fingerprint);
    const earlier = await this.store.begin(id, fingerprint, new Date(this.now()));
    if (earlier) {
      if (earlier.fingerprint !== fingerprint) {
        throw new Problem(
          422,
          'idempotency_key_reused',
          'This Idempotency-Key came before with another request; use a new key.',
        );
      }
      if (!earlier.isDone) {
        throw new Problem(
          409,
          'idempotency_in_progress',
          'The first request with this Idempotency-Key is still under way; try again shortly.',
        );
      }
      response.setHeader('Idempotent-Replayed', 'true');
      return earlier.answer;
    }
    const answer = await this.attempt(id, work);
    // From here on the thing exists. If its answer cannot be kept, a repeat is told to wait, and never makes a second one.
    await this.store.finish(id, isObject(answer) ? without(answer, call.secrets) : answer);
    return answer;
  }

  private async attempt(id: string, work: () => Promise<unknown>): Promise<unknown> {
    try {
      return await work();
    } catch (error) {
      // What was refused or failed may be sent again under the same key.
      await this.store.abandon(id).catch(() => undefined);
      throw error;
    }
  }
}

function without(answer: Record<string, unknown>, secrets: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(answer).filter(([name]) => !secrets.includes(name)));
}
