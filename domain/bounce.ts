import { phraseOverStatus, phraseWhereVague } from './bounce-phrases';
import { permanentFailure, replyCodes } from './bounce-status';
import type { BounceType } from './email';

/** What a server or a report has said about a message that it did not deliver. */
export interface Refusal {
  /** RFC 3463: `5.1.1` */
  status?: string;
  smtpCode?: number;
  /** Its words, with or without codes in them. */
  diagnostic?: string;
}
/** hard: this address takes no mail, and nothing more should be sent to it. soft: everything else. */
export interface Classification {
  bounceType: BounceType;
  reason: string;
  /** Nothing specific was said: whoever knows more may know better. */
  isGuess?: true;
}

interface Status {
  class: string;
  subject: string;
  detail: string;
}

const maxDiagnostic = 4_000;

/**
 * Hard or soft? The status decides where it is specific; where it is vague (`5.0.0`, all that Exim reports) or absent,
 * the codes and words in the text do, and then the reply code. What nobody can tell is soft: a suppression stays.
 */
export function classify({ status, smtpCode, diagnostic = '' }: Refusal): Classification {
  const text = withoutAddresses(diagnostic.slice(0, maxDiagnostic)).toLowerCase();
  const given = status === undefined ? undefined : readStatus(status);
  const named = statusIn(text);
  // A status such as 5.0.0 or 5.1.0 says less than the one that the server has put into its words.
  const known = given && (given.detail !== '0' || !named || named.detail === '0') ? given : (named ?? given);
  const code = smtpCode ?? codeIn(text);

  const isTransient = known ? known.class === '4' : code !== undefined && code >= 400 && code < 500;
  if (isTransient) {
    const { reason } = known
      ? permanentFailure(known.subject, known.detail)
      : { reason: 'it is temporary, the server says' };
    return { bounceType: 'soft', reason };
  }
  if (known?.class === '2') return { bounceType: 'soft', reason: 'the status is a success' };

  const meaning = known && permanentFailure(known.subject, known.detail);
  const words = withoutCodes(text);
  const over = phraseOverStatus(words);
  if (over) return only(over);
  if (meaning && !meaning.isVague) return only(meaning);
  const phrase = phraseWhereVague(words);
  if (phrase) return only(phrase);
  // 5.0.0 says nothing at all; the reply code does.
  const byCode = code === undefined ? undefined : replyCodes[code];
  if (meaning && (known.subject !== '0' || !byCode)) return { ...only(meaning), isGuess: true };
  return { ...only(byCode ?? { bounceType: 'soft', reason: 'no reason was given' }), isGuess: true };
}

/** The reply code that stands at the beginning of a server's answer. */
export function replyCodeOf(response: string): number | undefined {
  const [, code] = /^\s*([2-5]\d\d)(?:[\s-]|$)/.exec(response) ?? [];
  return code === undefined ? undefined : Number(code);
}

function only({ bounceType, reason }: Classification): Classification {
  return { bounceType, reason };
}

function readStatus(text: string): Status | undefined {
  return toStatus(/^\s*([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)/.exec(text));
}

/** Not within an IP address or a version. */
function statusIn(text: string): Status | undefined {
  return toStatus(/(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)/.exec(text));
}

function toStatus(match: RegExpExecArray | null): Status | undefined {
  const [, statusClass, subject, detail] = match ?? [];
  if (statusClass === undefined || subject === undefined || detail === undefined) return undefined;
  return { class: statusClass, subject: String(Number(subject)), detail: String(Number(detail)) };
}

function codeIn(text: string): number | undefined {
  const [, code] = /(?:^|[\s:;("'])([45]\d\d)(?=[\s-]|$)/.exec(text) ?? [];
  return code === undefined ? undefined : Number(code);
}

/** Servers repeat their codes at the beginning of each line, in the middle of a sentence. */
function withoutCodes(text: string): string {
  return text.replace(/\b[45]\d\d[ -](?:[45]\.\d{1,3}\.\d{1,3}[ -])?/g, ' ').replace(/\s+/g, ' ');
}

/** An address may hold any word: `spam@example.com` is not a word of the server's. */
function withoutAddresses(text: string): string {
  return text.replace(/[^\s@<>()"',;:]{1,64}@[^\s@<>()"',;:]{1,255}/g, ' ');
}
