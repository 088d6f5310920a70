import type { Response } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from './problem';

/** Counts what a workspace sends in a window of time; consume() sets the RateLimit headers and throws a 429. */
export interface RateLimit {
  consume(workspaceId: string, points: number, response: Response): Promise<void>;
}

/**
 * A limit for each gateway process, not over all of them: it protects this process from one sender, and a count in
 * MongoDB would cost every event a write.
 */
export function createRateLimit(name: string, points: number, windowSeconds: number): RateLimit {
  const limiter = new RateLimiterMemory({ keyPrefix: name, points, duration: windowSeconds });
  const describe = (state: RateLimiterRes, response: Response): number => {
    const resetSeconds = Math.ceil(state.msBeforeNext / 1_000);
    response.setHeader('RateLimit-Policy', `"${name}";q=${points};w=${windowSeconds}`);
    response.setHeader('RateLimit', `"${name}";r=${Math.max(0, state.remainingPoints)};t=${resetSeconds}`);
    return resetSeconds;
  };
  return {
    async consume(workspaceId, wanted, response) {
      try {
        describe(await limiter.consume(workspaceId, wanted), response);
      } catch (state) {
        if (!(state instanceof RateLimiterRes)) throw state;
        const retryAfterSeconds = Math.max(1, describe(state, response));
        throw new Problem(
          429,
          'too_many_requests',
          `More than ${points} in ${windowSeconds} s; wait as Retry-After says.`,
          {
            retryAfterSeconds,
          },
        );
      }
    },
  };
}
