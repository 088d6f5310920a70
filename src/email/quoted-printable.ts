const maxColumns = 75;
const [tab, lineFeed, carriageReturn, space, equals, tilde] = [0x09, 0x0a, 0x0d, 0x20, 0x3d, 0x7e];
const hexDigits = Buffer.from('0123456789ABCDEF');

/**
 * A text in quoted-printable (RFC 2045), with CRLF line ends. In one pass over its bytes: nodemailer's own streams cost
 * more for each mail than all the rest of sending it.
 */
export function quotedPrintable(text: string): Buffer {
  const input = Buffer.from(text, 'utf8');
  // At most three bytes for each, and a soft line break after each line.
  const output = Buffer.allocUnsafe(Math.ceil(input.length * 3 * (1 + 3 / (maxColumns - 2))) + 8);
  let size = 0;
  let column = 0;
  for (let at = 0; at < input.length; at++) {
    const byte = input[at] ?? 0;
    const next = input[at + 1];
    if (byte === lineFeed || byte === carriageReturn) {
      if (byte === carriageReturn && next === lineFeed) at++;
      output[size++] = carriageReturn;
      output[size++] = lineFeed;
      column = 0;
      continue;
    }
    const isSpace = byte === space || byte === tab;
    const isAtEnd = next === undefined || next === lineFeed || next === carriageReturn;
    const isPlain = isSpace ? !isAtEnd : byte > space && byte <= tilde && byte !== equals;
    const width = isPlain ? 1 : 3;
    if (column + width > maxColumns) {
      output[size++] = equals;
      output[size++] = carriageReturn;
      output[size++] = lineFeed;
      column = 0;
    }
    if (isPlain) output[size++] = byte;
    else {
      output[size++] = equals;
      output[size++] = hexDigits[byte >> 4] ?? 0;
      output[size++] = hexDigits[byte & 15] ?? 0;
    }
    column += width;
  }
  return output.subarray(0, size);
}
