import type { EmailDetail } from './types';

export interface Step {
  title: string;
  at: string;
  color?: 'red' | 'gray' | 'teal';
  details: string[];
}

type Heard = EmailDetail['events'][number];

const titles: Record<Heard['kind'], string> = {
  opened: 'Opened',
  clicked: 'Clicked',
  unsubscribed: 'Unsubscribed',
  delivered: 'Delivered',
  bounced: 'Bounced',
  complained: 'Complained',
};

/** What happened to an email, oldest first; equal times keep the order of their causes. */
export function stepsOf(email: EmailDetail): Step[] {
  const { status, reason, createdAt, sentAt, deliveredAt, smtpResponse } = email;
  const isHeard = email.events.some(({ kind }) => kind === 'delivered');
  const queued: Step = { title: 'Queued', at: createdAt, color: 'gray', details: [] };
  const accepted: Step[] =
    sentAt === null ? [] : [{ title: 'Accepted by the server', at: sentAt, details: present([smtpResponse]) }];
  const delivered: Step[] =
    deliveredAt === null || isHeard ? [] : [{ title: 'Delivered', at: deliveredAt, color: 'teal', details: [] }];
  const steps = [queued, ...accepted, ...delivered, ...[...email.events].reverse().map(stepOf)].sort(
    (one, other) => Date.parse(one.at) - Date.parse(other.at),
  );
  const last = steps.at(-1)?.at ?? createdAt;
  // When this was decided is not kept: it was the end of it.
  if (status === 'skipped')
    steps.push({ title: 'Skipped, on purpose', at: last, color: 'gray', details: present([reason]) });
  if (status === 'failed')
    steps.push({ title: 'Failed', at: last, color: 'red', details: present([reason, smtpResponse]) });
  return steps;
}

function stepOf(event: Heard): Step {
  const { kind, at, status, reason, url, userAgent, ip, flags, bounceType, bounceMessage, source } = event;
  const isBad = kind === 'bounced' || kind === 'complained';
  return {
    title: bounceType ? `${titles[kind]}, ${bounceType}` : titles[kind],
    at,
    ...(status === 'counted' ? { color: isBad ? ('red' as const) : ('teal' as const) } : { color: 'gray' as const }),
    details: present([
      url,
      bounceMessage,
      userAgent,
      ip === undefined ? undefined : `from ${ip}`,
      flags && flags.length > 0 ? `perhaps by a machine: ${flags.join(', ')}` : undefined,
      source === null || source === 'smtp' ? undefined : `reported by ${source}`,
      status === 'received' ? 'not worked off yet' : undefined,
      reason === null ? undefined : `not counted: ${reason}`,
    ]),
  };
}

function present(details: (string | null | undefined)[]): string[] {
  return [...new Set(details.flatMap((detail) => (detail ? [detail] : [])))];
}
