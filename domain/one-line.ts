/**
 * A text as one line without control characters. Names end up in headers of emails, where a line break would begin a
 * header of the visitor's own making.
 */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/\p{Cs}/gu, '\u{fffd}')
    .trim();
}
