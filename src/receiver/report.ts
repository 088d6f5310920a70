/** One delivery as it came in. `verified` is null when no secret is known; `statusCode` is null when the connection was reset. */
export interface Received {
  webhookId: string;
  event: string;
  path: string;
  at: string;
  attempt: number;
  verified: boolean | null;
  statusCode: number | null;
  body: string;
}

const shownDataLength = 160;

/** The three lines that the console shows for a delivery; `answer` in words. */
export function describeDelivery(received: Received, answer: string): string {
  return printable([
    `${received.at.slice(11, 19)}Z  ${received.event}  ${received.path}  →  ${answer}`,
    `           ${received.webhookId}  attempt ${received.attempt} of this webhook-id  signature ${signatureWord(received.verified)}`,
    `           ${shortData(received.body)}`,
  ]);
}

/** The plain-text page at `/`: newest first. */
export function overviewPage(all: readonly Received[], help: string): string {
  const rows = all
    .toReversed()
    .map(({ at, path, event, webhookId, attempt, verified, statusCode }) =>
      printable([
        `${at}  ${statusCode ?? 'reset'}  ${path}  ${event}  ${webhookId}  attempt ${attempt}  ${signatureWord(verified)}`,
      ]),
    );
  return `${help}\n${all.length} deliveries, newest first\n\n${rows.join('')}`;
}

/** The `event` of an envelope, `(no event)` when the body is anything else. */
export function eventOf(body: string): string {
  const envelope = parseJson(body);
  if (typeof envelope !== 'object' || envelope === null || !('event' in envelope)) return '(no event)';
  return typeof envelope.event === 'string' ? envelope.event : '(no event)';
}

/** The JSON value of a text, undefined when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function shortData(body: string): string {
  const envelope = parseJson(body);
  const data = typeof envelope === 'object' && envelope !== null && 'data' in envelope ? envelope.data : undefined;
  const text = data === undefined ? body : JSON.stringify(data);
  return text.length > shownDataLength ? `${text.slice(0, shownDataLength)}…` : text;
}

function signatureWord(verified: boolean | null): string {
  if (verified === null) return 'not checked';
  return verified ? '✓ verified' : '✗ NOT valid';
}

/** Whoever can post here must not steer the terminal with escape sequences or forge lines. */
function printable(lines: readonly string[]): string {
  return lines.map((line) => `${line.replace(/\p{C}/gu, '�')}\n`).join('');
}
