import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';

/**
 * Only our own faults are thrown by activities, and those are retried until they are over: often enough that a MongoDB
 * which was away for seconds costs seconds.
 */
const retry = { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '3s' } as const;

/** Reads and writes in MongoDB and calls to Temporal: short, and cheapest inside the workflow task. */
export const localStep: LocalActivityOptions = { startToCloseTimeout: '60s', retry };

/** The sweep comes again by itself: it must end rather than insist. */
export const sweepStep: LocalActivityOptions = { startToCloseTimeout: '60s', retry: { ...retry, maximumAttempts: 3 } };

/** The whole HTTP exchange (30 s) and its records. */
export const localAttempt: LocalActivityOptions = { startToCloseTimeout: '45s', retry };

/** The same outside of the workflow task. The worker heartbeats, so that a killed one is noticed within seconds. */
export const attempt: ActivityOptions = { startToCloseTimeout: '45s', heartbeatTimeout: '10s', retry };

/** One email at the mailer. An SMTP server that cannot be reached is asked again more and more seldom. */
export const sending: ActivityOptions = {
  startToCloseTimeout: '5m',
  heartbeatTimeout: '10s',
  retry: { ...retry, maximumInterval: '1m' },
  // What has gone out by then has its events.
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
};

/** A page of an import: some seconds at most times, and as long as live traffic holds it up. */
export const importStep: ActivityOptions = { startToCloseTimeout: '10m', heartbeatTimeout: '10s', retry };

/** One chunk of a campaign: about two seconds' worth, and longer where the server is slow. */
export const sendingChunk: ActivityOptions = {
  startToCloseTimeout: '2h',
  heartbeatTimeout: '6s',
  retry: { ...retry, maximumInterval: '30s' },
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
};
