import type { Audience, CampaignSummary } from './types';

const number = new Intl.NumberFormat();
export const count = (value: number): string => number.format(value);
export const people = (value: number): string => (value === 1 ? '1 person' : `${count(value)} people`);

/** Everyone whose turn has come, whatever became of it. */
export function workedOff({ sent, skipped, failed, retrying }: CampaignSummary['progress']): number {
  return sent + skipped + failed + retrying;
}

/** In percent of everyone; nothing is worked off of nobody. */
export function shareDone(progress: CampaignSummary['progress']): number {
  return progress.audience === 0 ? 0 : Math.min(100, (workedOff(progress) / progress.audience) * 100);
}

const reasons = ['unsubscribed', 'bounced', 'complained', 'suppressed'] as const;

/** "2 unsubscribed, 1 suppressed": who is left out, and why; empty where nobody is. */
export function leftOut({ skipped }: Audience): string {
  return reasons
    .filter((reason) => skipped[reason] > 0)
    .map((reason) => `${count(skipped[reason])} ${reason}`)
    .join(', ');
}

export function leftOutCount({ skipped }: Audience): number {
  return Object.values(skipped).reduce((sum, value) => sum + value, 0);
}
