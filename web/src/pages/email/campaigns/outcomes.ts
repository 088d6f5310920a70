import type { Results } from './types';

/** What an email can have come to, in words; the values are those of GET /emails?outcome=. */
export const outcomes = {
  waiting: 'Waiting',
  sent: 'Sent, not confirmed yet',
  delivered: 'Delivered',
  opened: 'Opened',
  clicked: 'Clicked',
  unsubscribed: 'Unsubscribed',
  bounced: 'Bounced',
  complained: 'Complained',
  failed: 'Failed',
  skipped: 'Skipped',
} as const;
export type Outcome = keyof typeof outcomes;

export function isOutcome(value: string | undefined): value is Outcome {
  return value !== undefined && Object.hasOwn(outcomes, value);
}

interface FigureOf {
  outcome: Outcome;
  value: number;
  /** In percent of what it is a part of. */
  rate?: number;
  /** What else there is to know. */
  note?: string;
}

/** The figures of a campaign; behind each are people. */
export function figuresOf({ progress, counts, rates }: Pick<Results, 'progress' | 'counts' | 'rates'>): FigureOf[] {
  // How far it has come is written every two seconds, what was delivered at once.
  const sent = Math.max(progress.sent, counts.delivered);
  return [
    { outcome: 'delivered', value: counts.delivered, rate: rates.delivered, note: `of ${sent} sent` },
    { outcome: 'opened', value: counts.opened, rate: rates.opened, note: `${counts.opens} opens` },
    { outcome: 'clicked', value: counts.clicked, rate: rates.clicked, note: `${counts.clicks} clicks` },
    { outcome: 'unsubscribed', value: counts.unsubscribed, rate: rates.unsubscribed },
    { outcome: 'bounced', value: counts.bounced, rate: rates.bounced },
    { outcome: 'complained', value: counts.complained, rate: rates.complained },
    { outcome: 'failed', value: progress.failed },
    { outcome: 'skipped', value: progress.skipped, note: 'on purpose' },
  ];
}
