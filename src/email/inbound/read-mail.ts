import PostalMime from 'postal-mime';
import type { Fields } from './fields';

/** A mail as the readers of reports see it. */
export interface Mail {
  fields: Fields;
  subject: string;
  from: string;
  /** Text that is shown to people. */
  text: string;
  parts: { mimeType: string; text: string }[];
}

const maxTextLength = 256_000;
/** What a report says stands before the copy of the message; parsing holds up everything else in this process. */
const maxParsedBytes = 256 * 1024;
/** What each of them costs is far more than its bytes. */
const maxParsedLines = 5_000;
const maxHeaderBytes = 64 * 1024;

/** Undefined for what is no mail at all. Never throws. */
export async function readMail(raw: Buffer): Promise<Mail | undefined> {
  try {
    const mail = await PostalMime.parse(beginningOf(raw), {
      forceRfc822Attachments: true,
      attachmentEncoding: 'utf8',
      maxNestingDepth: 20,
      maxHeadersSize: maxHeaderBytes,
    });
    const fields = new Map<string, string[]>();
    for (const { key, value } of mail.headers) fields.set(key, [...(fields.get(key) ?? []), value.trim()]);
    if (fields.size === 0) return undefined;
    return {
      fields,
      subject: mail.subject ?? '',
      from: mail.from?.address ?? '',
      text: (mail.text ?? textOf(mail.html ?? '')).slice(0, maxTextLength),
      parts: mail.attachments.map(({ mimeType, content }) => ({
        mimeType,
        text: typeof content === 'string' ? content.slice(0, maxTextLength) : '',
      })),
    };
  } catch {
    return undefined;
  }
}

/** As much of a mail as may be parsed. */
export function beginningOf(raw: Buffer): Buffer {
  let end = -1;
  for (let line = 0; line < maxParsedLines; line++) {
    end = raw.indexOf(0x0a, end + 1);
    if (end < 0 || end >= maxParsedBytes) return raw.subarray(0, maxParsedBytes);
  }
  return raw.subarray(0, end + 1);
}

/** Good enough for the few words that are looked for; NDRs of Exchange may have no text part. */
function textOf(html: string): string {
  return html
    .slice(0, maxTextLength)
    .replace(/<(?:br|\/p|\/div|\/tr|\/td|\/h\d|\/li)\b[^<>]{0,200}>/gi, '\n')
    .replace(/<[^<>]{0,2000}>/g, ' ')
    .replace(/&nbsp;/gi, ' ')
    .replace(/&lt;/gi, '<')
    .replace(/&gt;/gi, '>')
    .replace(/&#39;|&apos;/gi, "'")
    .replace(/&quot;/gi, '"')
    .replace(/&amp;/gi, '&');
}
