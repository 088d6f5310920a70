import type { Request } from 'express';
import { isObject } from '../../domain/json';
import { Problem } from './problem';

export function isJsonRequest(request: Request): boolean {
  return /^application\/([\w.-]+\+)?json\b/i.test(request.get('content-type') ?? '');
}

/** What was sent under a name: in JSON, or in either form of browsers. Metadata may come nested in JSON. */
export async function valuesOf(request: Request): Promise<(name: string) => string | undefined> {
  const body: unknown = request.body;
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  if (isJsonRequest(request)) {
    const json = parsed(bytes.toString('utf8'));
    if (!isObject(json)) throw new Problem(400, 'not_json', 'The body is not a JSON object; send {"email":"…"}.');
    const flat = new Map<string, unknown>(Object.entries(json));
    const { metadata } = json;
    if (isObject(metadata)) for (const [key, value] of Object.entries(metadata)) flat.set(`metadata.${key}`, value);
    return (name) => {
      const value = flat.get(name);
      return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;
    };
  }
  try {
    const contentType = request.get('content-type') ?? 'application/x-www-form-urlencoded';
    const form = await new globalThis.Response(new Uint8Array(bytes), {
      headers: { 'content-type': contentType },
    }).formData();
    return (name) => {
      const value = form.get(name);
      return typeof value === 'string' ? value : undefined;
    };
  } catch {
    throw new Problem(400, 'not_a_form', 'The body is no form; send it urlencoded, as multipart/form-data or as JSON.');
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
