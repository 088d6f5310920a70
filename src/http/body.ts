import express, { type Request, type RequestHandler } from 'express';
import { Problem } from './problem';

const maxBody = '5mb';

/**
 * Reads any body as bytes, whatever its content type says (the RudderStack Node SDK labels JSON form-encoded), inflated
 * and bounded after inflating.
 */
export const readBody: RequestHandler = express.raw({ type: () => true, limit: maxBody, inflate: true });

/** The text of a body that readBody has read. */
export function bodyText(request: Request): string {
  const body: unknown = request.body;
  return Buffer.isBuffer(body) ? body.toString('utf8').replace(/^\uFEFF/, '') : '';
}

/** The JSON of a body; throws a Problem that says how to send it. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(400, 'not_json', 'The body is not JSON; send a JSON object, with or without gzip.');
  }
}
