import type { Finding, Sent } from './signature-check';

/** Whether these are the bytes that were signed. */
export type BodyCheck = (candidate: string) => Promise<boolean>;

/** Whether a body is what was signed, byte for byte, and if not, what was done to it. Only who has the secret can tell. */
export async function checkBody(
  text: string,
  { body, payload }: Pick<Sent, 'body' | 'payload'>,
  isSigned: BodyCheck | undefined,
): Promise<Finding> {
  const part = 'body';
  if (text === '')
    return { part, verdict: 'open', text: 'Paste the raw body as it arrived, before anything parses it.' };
  if (body === null)
    return { part, verdict: 'open', text: 'The body was erased with its person; it cannot be compared.' };
  if (isSigned === undefined)
    return { part, verdict: 'open', text: 'It can be compared once the right signing secret is there.' };
  if (await isSigned(text)) return { part, verdict: 'ok', text: 'Byte for byte what was signed.' };
  const wrong = (words: string): Finding => ({ part, verdict: 'wrong', text: words });
  if (await isSigned(text.trim()))
    return wrong('What was signed, with a space or line break around it: take that away.');
  const bytes = new TextEncoder().encode(text).length;
  const parsed = parse(text);
  if (parsed === undefined) {
    return wrong(`Not complete JSON: ${bytes} bytes, where ${body.bytes} were signed. Was it cut off or altered?`);
  }
  const remedy = 'Verify the raw bytes of the request, before a framework parses them.';
  if (await isSigned(JSON.stringify(parsed))) {
    return wrong(`The same JSON written anew, with other spaces, line breaks or escapes. ${remedy}`);
  }
  if (await isSigned(JSON.stringify(inOrderOf(parsed, payload)))) {
    return wrong(`The same JSON written anew, with its fields in another order. ${remedy}`);
  }
  return wrong(
    `Other content: ${bytes} bytes, where ${body.bytes} were signed. It was changed on its way, or is another webhook's.`,
  );
}

export async function sha256Hex(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value with the fields of its objects in the order of the example's. */
function inOrderOf(value: unknown, example: unknown): unknown {
  if (Array.isArray(value)) {
    const examples: unknown[] = Array.isArray(example) ? example : [];
    return value.map((item, index) => inOrderOf(item, examples[index]));
  }
  if (!isObject(value)) return value;
  const model = isObject(example) ? example : {};
  const names = [...Object.keys(model).filter((name) => name in value), ...Object.keys(value)];
  return Object.fromEntries([...new Set(names)].map((name) => [name, inOrderOf(value[name], model[name])]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
