import { Context } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

const everyMs = 3_000;
/** What each running activity has reported: every heartbeat carries it, since the server keeps the last one alone. */
const positions = new WeakMap<Context, unknown>();

/** Heartbeats for every activity that asks for it, so that a killed worker is noticed long before the activity's end. */
export const heartbeatInterceptor: ActivityInterceptorsFactory = () => ({
  inbound: {
    async execute(input, next) {
      const context = Context.current();
      const { heartbeatTimeoutMs } = context.info;
      if (heartbeatTimeoutMs === undefined) return next(input);
      const timer = setInterval(
        () => context.heartbeat(positions.get(context)),
        Math.min(everyMs, heartbeatTimeoutMs / 3),
      );
      try {
        return await next(input);
      } finally {
        clearInterval(timer);
      }
    },
  },
});

/** Where the current activity stands, for the try that comes after this one if its worker is killed. */
export const activityPosition = {
  report(position: unknown): void {
    const context = Context.current();
    positions.set(context, position);
    context.heartbeat(position);
  },
  last(): unknown {
    const context = Context.current();
    const before: unknown = context.info.heartbeatDetails;
    // Until this try reports something itself.
    positions.set(context, before);
    return before;
  },
};
