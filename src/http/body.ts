import express, { type Request, type RequestHandler } from 'express';
import { Problem } from './problem';

const maxBody = '5mb';
const maxBodyMs = 60_000;
/** Bodies that their routes read piece by piece, since they are larger than memory is meant to hold. */
const streamed = /^\/api\/v1\/contacts\/import(\/preview)?\/?$/i;

/**
 * Reads any body as bytes, whatever its content type says, inflated and bounded after inflating. Nobody holds a connection by sending slowly: the server's
 * own limit leaves time for the streamed ones.
 */
export function readUpTo(limit: string): RequestHandler {
  const readWhole = express.raw({ type: () => true, limit, inflate: true });
  return (request, response, next) => {
    const timer = setTimeout(() => request.destroy(), maxBodyMs);
    readWhole(request, response, (error?: unknown) => {
      clearTimeout(timer);
      next(error);
    });
  };
}
const readWhole = readUpTo(maxBody);

/** For whatever comes in: the RudderStack Node SDK labels JSON form-encoded. */
export const readBody: RequestHandler = (request, response, next) => {
  if (streamed.test(request.path)) return next();
  readWhole(request, response, next);
};

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
