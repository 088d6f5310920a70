import { createHash } from 'node:crypto';
import type { EmailNews } from '../../../domain/email-event';

/** What others report; opens and clicks are ours to count. */
export type ReportedNews = Extract<EmailNews, { kind: 'delivered' | 'bounced' | 'complained' | 'unsubscribed' }>;

/** One fact about one recipient, whoever reports it and in whatever form. */
export interface InboundReport {
  /** Names the notification at its provider; a mailed report is named by its Message-ID. */
  providerEventId: string;
  news: ReportedNews;
  /** The email that the report names, by an id that was ours. */
  emailId?: string;
  /** The recipient that it names, normalised; several where it says so (a forwarded address, and ours). */
  recipients: string[];
  /** When it happened, as the report says. */
  atMs?: number;
}

const maxBounceMessage = 1_000;

/** What a server said, on one line. */
export function bounceMessageOf(text: string | undefined, otherwise: string): string {
  // Control characters would end up in webhooks and logs.
  const line = (text ?? '').replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return (line === '' ? otherwise : line).slice(0, maxBounceMessage).replace(/\p{Cs}/gu, '\uFFFD');
}

/** An id of somebody else's, fit for a key and a workflow id: as it is, or its hash where it could hold an address. */
export function keyPart(id: string): string {
  return /^[\w.:-]{1,100}$/.test(id) ? id : sha256(id).slice(0, 40);
}

export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
