import type { EmailStatus } from './email';

/** States that an email reaches after a server was asked, and those in which it waits for that. */
export const settledStatuses = [
  'sent',
  'delivered',
  'bounced',
  'complained',
  'failed',
  'skipped',
] as const satisfies EmailStatus[];
export const unsentStatuses = ['queued', 'sending'] as const satisfies EmailStatus[];
export type SettledStatus = (typeof settledStatuses)[number];

/** What a person has done with an email, with the field that holds the first time. */
export const doings = { opened: 'openedAtMs', clicked: 'clickedAtMs', unsubscribed: 'unsubscribedAtMs' } as const;
export type Doing = keyof typeof doings;

/** What has become of an email, as logs are filtered by it. */
export const emailOutcomes = ['waiting', ...settledStatuses, 'opened', 'clicked', 'unsubscribed'] as const;
export type EmailOutcome = (typeof emailOutcomes)[number];

export function isDoing(outcome: EmailOutcome): outcome is Doing {
  return outcome in doings;
}

export function isSettled(outcome: EmailOutcome): outcome is SettledStatus {
  return outcome !== 'waiting' && !isDoing(outcome);
}
