import { normalizeEmail } from '../../../domain/email-address';
import { first, readGroups } from './fields';
import type { RecipientReport } from './delivery-status';
import type { Mail } from './read-mail';

/** What a complaint report (RFC 5965) says; undefined where the mail is none. */
export interface FeedbackReport {
  type: string;
  isComplaint: boolean;
  reports: RecipientReport[];
}

const complaintTypes = new Set(['abuse', 'fraud']);

/** Reads a feedback report. `not-spam`, failed authentication and whatever else there is are no complaints. */
export function readFeedbackReport(mail: Mail): FeedbackReport | undefined {
  const part = mail.parts.find(({ mimeType }) => mimeType === 'message/feedback-report');
  if (!part) return undefined;
  const [fields] = readGroups(part.text);
  const type = (first(fields, 'feedback-type') ?? '').toLowerCase().slice(0, 40);
  const at = Date.parse(first(mail.fields, 'date') ?? '');
  const named = [...(fields?.get('original-rcpt-to') ?? []), ...(fields?.get('removal-recipient') ?? [])];
  // Providers redact: what is no address any more names nobody.
  const recipients = [...new Set(named.flatMap((value) => normalizeEmail(withoutBrackets(value)) ?? []))];
  const one = { news: { kind: 'complained' as const }, ...(Number.isNaN(at) ? {} : { atMs: at }) };
  return {
    type,
    isComplaint: complaintTypes.has(type),
    reports:
      recipients.length === 0 ? [{ ...one, recipients }] : recipients.map((each) => ({ ...one, recipients: [each] })),
  };
}

/** `Ann <ann@example.com>`. Not by an expression: one would search a long value of brackets from each of them. */
function withoutBrackets(value: string): string {
  const inner = value.slice(value.lastIndexOf('<') + 1);
  const end = inner.indexOf('>');
  return end < 0 ? inner : inner.slice(0, end);
}
