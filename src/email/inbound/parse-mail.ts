import { emailIdHeader } from '../message';
import { readDeliveryStatus, type RecipientReport } from './delivery-status';
import { findEvidence, type Evidence, type EvidenceSigner } from './evidence';
import { readFeedbackReport } from './feedback-report';
import { first } from './fields';
import { readPlainBounce, splitAtCopy } from './plain-bounce';
import { readMail, type Mail } from './read-mail';
import { sha256, type InboundReport } from './report';

/**
 * reports: bounces, complaints, deliveries. ignored: it is understood and has no effect. unread: nobody here can tell
 * what it is.
 */
export type ParsedMail =
  | { kind: 'reports'; reports: InboundReport[]; evidence: Evidence | undefined }
  | { kind: 'ignored'; reason: string }
  | { kind: 'unread'; reason: string };

/**
 * Reads a mail that came to a return path or to the address for complaints. `emailId` is the one that the return path
 * was signed for. Never throws, whatever the bytes are.
 */
export async function parseMail(
  raw: Buffer,
  signer: EvidenceSigner,
  returnPath: { emailId: string } | undefined,
): Promise<ParsedMail> {
  const mail = await readMail(raw);
  if (!mail) return { kind: 'unread', reason: 'it cannot be read as a mail' };
  try {
    return readReports(mail, raw, signer, returnPath);
  } catch (error) {
    return { kind: 'unread', reason: `it cannot be read: ${error instanceof Error ? error.name : 'unknown error'}` };
  }
}

function readReports(
  mail: Mail,
  raw: Buffer,
  signer: EvidenceSigner,
  returnPath: { emailId: string } | undefined,
): ParsedMail {
  const feedback = readFeedbackReport(mail);
  if (feedback && !feedback.isComplaint) {
    return { kind: 'ignored', reason: `a feedback report of the type ${JSON.stringify(feedback.type)}` };
  }
  const found = feedback?.reports ?? readDeliveryStatus(mail) ?? readPlainBounce(mail);
  if (!found) {
    if (isAutoReply(mail)) return { kind: 'ignored', reason: 'an automatic reply' };
    return { kind: 'unread', reason: 'it is neither a bounce nor a complaint' };
  }
  if (found.length === 0) return { kind: 'unread', reason: 'the delivery status names no recipient' };
  const over = found.filter(({ news }) => news !== undefined);
  if (over.length === 0) return { kind: 'ignored', reason: 'the delivery is delayed and goes on' };

  const evidence = returnPath ? { ...returnPath, isSigned: true } : findEvidence(namingTexts(mail).join('\n'), signer);
  const messageId = first(mail.fields, 'message-id');
  // The same Message-ID at another return path is another report.
  const providerEventId = sha256(`${evidence?.emailId ?? ''} ${messageId ?? sha256(raw)}`).slice(0, 40);
  return { kind: 'reports', evidence, reports: over.flatMap((report) => toReport(report, providerEventId, evidence)) };
}

function toReport(report: RecipientReport, providerEventId: string, evidence: Evidence | undefined): InboundReport[] {
  const { news, ...rest } = report;
  return news ? [{ ...rest, news, providerEventId, ...(evidence ? { emailId: evidence.emailId } : {}) }] : [];
}

/** Where the message is named that a report is about: its copy, and the fields of the report. */
function namingTexts(mail: Mail): string[] {
  const copies = mail.parts
    .filter(({ mimeType }) => mimeType.startsWith('message/') || mimeType === 'text/rfc822-headers')
    .map(({ text }) => text);
  const [, copy] = splitAtCopy(mail.text);
  const own = [emailIdHeader.toLowerCase(), 'references', 'in-reply-to', 'x-original-message-id'];
  return [...copies, copy, ...own.flatMap((name) => mail.fields.get(name) ?? [])];
}

const autoReplySubject =
  /^\s*(?:(?:re|aw|fwd?):\s*)?(?:auto(?:matic|mated)?[- ]?(?:reply|response|antwort)|out of (?:the )?office|vacation|away from|abwesenheit|automatische antwort|r[ée]ponse automatique|respuesta autom[áa]tica|risposta automatica)/i;

/** RFC 3834, and what was there before it. */
function isAutoReply(mail: Mail): boolean {
  const submitted = first(mail.fields, 'auto-submitted')?.toLowerCase();
  if (submitted !== undefined && !submitted.startsWith('no')) return true;
  if (/auto[_-]?reply/i.test(first(mail.fields, 'precedence') ?? '')) return true;
  const names = ['x-autoreply', 'x-autorespond', 'x-autoresponder', 'x-auto-response-suppress', 'x-mail-autoreply'];
  return names.some((name) => mail.fields.has(name)) || autoReplySubject.test(mail.subject);
}
