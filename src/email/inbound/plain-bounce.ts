import { classify, replyCodeOf } from '../../../domain/bounce';
import { normalizeEmail } from '../../../domain/email-address';
import type { RecipientReport } from './delivery-status';
import { first } from './fields';
import type { Mail } from './read-mail';
import { bounceMessageOf } from './report';

/** How bounces begin that are written for people: Exim, qmail, Postfix, Sendmail, Exchange, Gmail, Yahoo and their kin. */
const openings: RegExp[] = [
  /\bThis message was created automatically by mail delivery software\b/i,
  /\bHi\. This is the \S{1,60} program at\b/i,
  /\bThis is the (?:mail system|\S{1,60} program) at host\b/i,
  /-{3,} ?The following addresses had (?:permanent fatal|delivery|transient non-fatal) (?:errors|problems)/i,
  /\bDelivery has failed to these recipients\b/i,
  /\bYour message (?:did not|didn.t|to .{1,100} couldn.t be|wasn.t|was not|could not be|couldn.t be) (?:reach|delivered)\b/i,
  /\bcouldn.t be delivered\b/i,
  /\bDelivery to the following recipients? (?:has been delayed|failed)\b/i,
  /\bAddress not found\b/i,
  /\bMessage (?:blocked|not delivered)\b/i,
  /\bunable to deliver your message to the following address/i,
  /\b(?:undeliverable|undelivered|returned) (?:mail|message)\b/i,
];
const delayed =
  /\b(?:has not (?:yet )?been delivered|delivery .{0,40}\bdelayed|will (?:continue|keep) (?:to try|to attempt|trying)|will be retried|warning message only|still (?:being )?(?:trying|retried)|Delivery incomplete|temporary problem delivering)\b/i;
/** Where the copy of the message begins. */
const copyMarker =
  /^[ \t>]*(?:-{2,}[ ]?(?:Below this line is|This is a copy of|Original message|The header of the original|Enclosed is a copy|Unsent message below|The body of the message)|Original message headers:|Reported error:|Message header follows)/im;

const maxRecipients = 100;
const maxLines = 2_000;
const maxReasonLines = 25;
/** An address alone on its line, in brackets or not, with words after a colon. */
const addressLine =
  /^[ \t]*(?:To: )?(?:<([^<>\s]{3,320})>|([^\s<>:;,'"()]{1,64}@[^\s<>:;,'"()]{1,255}))[ \t]*(?:\([^()]{0,320}\))?(?:<mailto:[^<>\s]{1,340}>)?[ \t]*(?::[ \t]*(.*))?$/;

/** What a bounce without a machine-readable part says; undefined where the mail is no bounce. */
export function readPlainBounce(mail: Mail): RecipientReport[] | undefined {
  const failed = (first(mail.fields, 'x-failed-recipients') ?? '')
    .split(',')
    .flatMap((each) => normalizeEmail(each) ?? []);
  const beginning = mail.text.slice(0, 3_000).replace(/\s+/g, ' ');
  const isDaemon = /^(?:mailer-daemon|postmaster|microsoftexchange\S*|mail-daemon)@/i.test(mail.from);
  const isOpened = openings.some((opening) => opening.test(beginning));
  const isBySubject =
    /^(?:undeliver|failure notice|delivery (?:status notification|failure)|mail delivery fail|returned mail|non.?deliver)/i.test(
      mail.subject,
    );
  // Words alone could stand in anyone's reply.
  if (failed.length === 0 && !(isOpened && (isDaemon || isBySubject || isQmail(beginning)))) return undefined;

  const [report = ''] = splitAtCopy(mail.text);
  const at = Date.parse(first(mail.fields, 'date') ?? '');
  const time = Number.isNaN(at) ? {} : { atMs: at };
  if (delayed.test(report) && !/\bpermanent|\bgiving up\b|failed permanently/i.test(report)) {
    return [{ recipients: failed, news: undefined, ...time }];
  }
  const reasons = reasonsIn(report);
  const named = failed.length > 0 ? failed : [...reasons.keys()];
  const list = named.length > 0 ? named.slice(0, maxRecipients) : [undefined];
  return [...new Set(list)].map((recipient) => {
    const words = (recipient === undefined ? undefined : reasons.get(recipient)) ?? report.slice(0, 4_000);
    const said = serverWords(words);
    const smtpCode = replyCodeOf(said);
    const { bounceType, reason } = classify({ diagnostic: said, ...(smtpCode === undefined ? {} : { smtpCode }) });
    return {
      recipients: recipient === undefined ? [] : [recipient],
      news: { kind: 'bounced', bounceType, bounceMessage: bounceMessageOf(said, reason) },
      ...time,
    };
  });
}

/** The words of the report, and the copy of the message. */
export function splitAtCopy(text: string): [report: string, copy: string] {
  const start = copyMarker.exec(text)?.index ?? text.length;
  return [text.slice(0, start), text.slice(start)];
}

/** QSBMF: “Hi. This is the …” may come under any name. */
function isQmail(beginning: string): boolean {
  return /^\s*Hi\. This is the /i.test(beginning);
}

/** The lines that follow each address, up to the next one. */
function reasonsIn(report: string): Map<string, string> {
  const reasons = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const line of report.split(/\r?\n/, maxLines)) {
    const [, bracketed, bare, rest = ''] = (line.length < 2_000 && addressLine.exec(line)) || [];
    const address = normalizeEmail(bracketed ?? bare);
    if (address === undefined) {
      if (current && current.length < maxReasonLines) current.push(line.trim());
      continue;
    }
    if (reasons.size >= maxRecipients && !reasons.has(address)) break;
    current = reasons.get(address) ?? [];
    reasons.set(address, current);
    if (rest !== '') current.push(rest);
  }
  return new Map([...reasons].map(([address, lines]) => [address, lines.join('\n')]));
}

/** What the server said, among the words around it: from its reply code on, up to the next blank line. */
function serverWords(words: string): string {
  const [, before, found] = /(^|[\s:'"(])([45]\d\d[ -][^\n]+(?:\n(?!\s*\n)[^\n]+){0,8})/.exec(words) ?? [];
  const said = (found ?? words).replace(/\s+/g, ' ').trim();
  return before !== undefined && /['"]/.test(before) && said.endsWith(before) ? said.slice(0, -1) : said;
}
