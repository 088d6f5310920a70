import { checkBody, sha256Hex, type BodyCheck } from './signed-body';

/** What is known of a delivery to whoever has its link. */
export interface Sent {
  webhookId: string;
  /** Unix seconds of each attempt. */
  timestamps: number[];
  body: { bytes: number } | null;
  /** Fields and shape are those of the payload; its personal values are masked. */
  payload: unknown;
  secretPrints: { sha256: string; bodySha256: string | null; isCurrent: boolean }[];
  nowMs: number;
}
/** What somebody has pasted; empty where nothing was. */
export interface Pasted {
  secret: string;
  body: string;
  id: string;
  timestamp: string;
  signature: string;
  /** What the receiver's clock said when the webhook came. */
  clock: string;
}
export const parts = ['secret', 'body', 'id', 'timestamp', 'clock', 'signature'] as const;
export type Part = (typeof parts)[number];
/** open: it was not pasted, or cannot be told without what is missing. */
export interface Finding {
  part: Part;
  verdict: 'ok' | 'wrong' | 'open';
  text: string;
}

/** As the standard has it, and every library of it. */
const toleranceSeconds = 300;

/** Which part of a signature is wrong. Nothing leaves the browser. */
export async function checkSignature(pasted: Pasted, sent: Sent): Promise<Finding[]> {
  const secret = await checkSecret(pasted.secret, sent);
  const body = await checkBody(pasted.body, sent, await bodyCheckOf(pasted.secret, sent));
  const found = [secret, body, checkId(pasted.id, sent), ...checkTimes(pasted, sent)];
  return [...found, await checkHash(pasted, found)];
}

async function checkSecret(text: string, { webhookId, secretPrints }: Sent): Promise<Finding> {
  const part = 'secret';
  if (text === '') return { part, verdict: 'open', text: 'Paste the signing secret that your code uses.' };
  if (secretPrints.length === 0) {
    return { part, verdict: 'open', text: 'The endpoint has no secret any more: it was deleted.' };
  }
  const printed = (secret: string) => printOf(secret, { webhookId, secretPrints });
  const match = await printed(text);
  if (match) {
    return {
      part,
      verdict: 'ok',
      text: match.isCurrent
        ? 'This is the signing secret of the endpoint.'
        : 'This is the secret from before the last rotation; it signs too until it expires.',
    };
  }
  if (await printed(text.trim())) {
    return { part, verdict: 'wrong', text: 'The right secret, with a space or line break around it: take that away.' };
  }
  if (await printed(`whsec_${text.trim()}`)) {
    return { part, verdict: 'wrong', text: 'The right secret without its prefix: it begins with whsec_.' };
  }
  return {
    part,
    verdict: 'wrong',
    text: 'Not the secret of this endpoint. It may be another endpoint’s, or from before a rotation.',
  };
}

type Printed = Pick<Sent, 'webhookId' | 'secretPrints'>;

async function printOf(secret: string, { webhookId, secretPrints }: Printed) {
  const print = await sha256Hex(['emailsendx share', webhookId, secret].join('\n'));
  return secretPrints.find(({ sha256 }) => sha256 === print);
}

/** Undefined where no secret was pasted that the body's print was made with. */
async function bodyCheckOf(text: string, sent: Printed): Promise<BodyCheck | undefined> {
  for (const secret of [text, text.trim(), `whsec_${text.trim()}`]) {
    const bodySha256 = (await printOf(secret, sent))?.bodySha256;
    if (!bodySha256) continue;
    return async (body) =>
      (await sha256Hex(['emailsendx share', sent.webhookId, secret, body].join('\n'))) === bodySha256;
  }
  return undefined;
}

function checkId(text: string, { webhookId }: Sent): Finding {
  const part = 'id';
  if (text === '') return { part, verdict: 'open', text: 'Paste the header webhook-id as it arrived.' };
  if (text.trim() === webhookId) return { part, verdict: 'ok', text: 'It is the id of this delivery.' };
  return { part, verdict: 'wrong', text: `This is the id of another webhook; here it is ${webhookId}.` };
}

function checkTimes({ timestamp, clock }: Pasted, { timestamps, nowMs }: Sent): Finding[] {
  const text = timestamp.trim();
  const seconds = Number(text);
  const finding = (verdict: Finding['verdict'], words: string): Finding => ({
    part: 'timestamp',
    verdict,
    text: words,
  });
  if (text === '') return [finding('open', 'Paste the header webhook-timestamp as it arrived.')];
  if (/^\d{13}$/.test(text)) return [finding('wrong', 'These are milliseconds; the header has whole seconds.')];
  if (!/^\d{9,11}$/.test(text)) return [finding('wrong', 'Not a time: the header has whole seconds since 1970.')];
  const attempt = timestamps.indexOf(seconds) + 1;
  if (attempt === 0) {
    return [finding('wrong', `No attempt was sent then; they were sent at ${timestamps.join(', ') || 'no time yet'}.`)];
  }
  const known = finding('ok', `It is that of attempt ${attempt}.`);
  return [known, checkClock(clock, seconds, nowMs)];
}

function checkClock(clock: string, seconds: number, nowMs: number): Finding {
  const part = 'clock';
  const clockMs = clockOf(clock);
  if (clock.trim() === '') {
    const ageSeconds = nowMs / 1_000 - seconds;
    if (ageSeconds <= toleranceSeconds)
      return { part, verdict: 'open', text: 'It is fresh enough to be verified now.' };
    const text = `It is ${minutes(ageSeconds)} old by now: code that verifies it only now refuses it as too old (the limit is 5 min). Say what your server’s clock showed when it came, to have that checked.`;
    return { part, verdict: 'open', text };
  }
  if (clockMs === undefined) {
    return {
      part,
      verdict: 'wrong',
      text: 'Not a time; write it like 2026-04-15T10:00:00Z, or as seconds since 1970.',
    };
  }
  const offSeconds = clockMs / 1_000 - seconds;
  if (Math.abs(offSeconds) <= toleranceSeconds) return { part, verdict: 'ok', text: 'Your clock was within 5 min.' };
  const text =
    offSeconds > 0
      ? `Your clock was ${minutes(offSeconds)} ahead, or the webhook was verified that late: it is refused as too old.`
      : `Your clock was ${minutes(-offSeconds)} behind: the webhook seems to come from the future and is refused.`;
  return { part, verdict: 'wrong', text };
}

function clockOf(text: string): number | undefined {
  const seconds = /^\d{9,11}(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
  const clockMs = seconds === undefined ? Date.parse(text.trim()) : seconds * 1_000;
  return Number.isNaN(clockMs) ? undefined : clockMs;
}

function minutes(seconds: number): string {
  const whole = Math.round(seconds / 60);
  if (whole < 120) return `${whole} min`;
  return whole < 2_880 ? `${Math.round(whole / 60)} h` : `${Math.round(whole / 1_440)} days`;
}

async function checkHash({ secret, body, id, timestamp, signature }: Pasted, found: Finding[]): Promise<Finding> {
  const part = 'signature';
  const given = signature.split(/\s+/).filter((each) => each.startsWith('v1,'));
  if (signature.trim() === '') {
    return { part, verdict: 'open', text: 'Paste the header webhook-signature as it arrived.' };
  }
  if (given.length === 0)
    return { part, verdict: 'wrong', text: 'No signature of the version v1: it begins with "v1,".' };
  if ([secret, body, id, timestamp].includes('')) {
    return { part, verdict: 'open', text: 'It can be computed once secret, body, id and timestamp are there.' };
  }
  const computed = await sign(secret, `${id.trim()}.${timestamp.trim()}.${body}`);
  if (computed !== undefined && given.includes(`v1,${computed}`)) {
    return { part, verdict: 'ok', text: 'Computed from what was pasted, it is the same. What you have here verifies.' };
  }
  const blamed = found.filter(({ verdict }) => verdict === 'wrong').map((finding) => finding.part);
  const culprits = blamed.filter((each) => each !== 'clock');
  return {
    part,
    verdict: 'wrong',
    text:
      culprits.length > 0
        ? `It differs because of the ${culprits.join(' and the ')}.`
        : 'It differs though all parts are right: the header was altered, or is that of another attempt.',
  };
}

/** Undefined where the secret is no key. */
async function sign(secret: string, content: string): Promise<string | undefined> {
  const encoded = secret.trim().replace(/^whsec_/, '');
  if (encoded === '' || !/^[\w+/-]+=*$/.test(encoded)) return undefined;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const hash = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(content));
  return btoa(String.fromCharCode(...new Uint8Array(hash)));
}
