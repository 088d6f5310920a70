import type { Attempt } from '../../domain/delivery';
import type { HeaderLines } from '../../domain/response-headers';

const masked = '***';

/** What every request of ours carries. */
export const commonHeaders = { 'content-type': 'application/json', 'user-agent': 'EmailSendX-Webhooks/1.0' } as const;

/** A customer's headers come first: they may add to ours and not replace them. */
export function withCustomHeaders(own: Record<string, string>, custom: Record<string, string>): Record<string, string> {
  const names = new Set(Object.keys(own));
  const additional = Object.entries(custom).filter(([name]) => !names.has(name.toLowerCase()));
  return { ...Object.fromEntries(additional), ...own };
}

/** The `webhook-timestamp` of what is sent at that moment: whole seconds. */
export function webhookTimestamp(atMs: number): string {
  return String(Math.floor(atMs / 1_000));
}

/** The headers that an attempt was sent with, with whatever is secret masked. */
export function sentHeaders(webhookId: string, { atMs }: Pick<Attempt, 'atMs'>, customNames: string[]): HeaderLines {
  const own = {
    ...commonHeaders,
    'webhook-id': webhookId,
    'webhook-timestamp': webhookTimestamp(atMs),
    'webhook-signature': `v1,${masked}`,
    'accept-encoding': 'identity',
  };
  const custom = Object.fromEntries(customNames.map((name) => [name, masked]));
  return Object.entries(withCustomHeaders(own, custom));
}
