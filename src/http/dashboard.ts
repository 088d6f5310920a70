import { existsSync } from 'node:fs';
import path from 'node:path';
import { Router, type RequestHandler } from 'express';
import sirv from 'sirv';

/** Where the build puts the dashboard; sources that run uncompiled, as in tests, find it from one folder higher. */
const folders = ['../../web', '../../dist/web'].map((relative) => path.join(__dirname, relative));

/**
 * Scripts come from here alone, and nothing that a page shows can become one. The component library sets styles inline.
 * Emails are shown in sandboxed frames that may load pictures, which the frame's own sandbox keeps from running anything.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: https: http:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Paths that are never a page, whatever a browser says that it takes. */
const notPages = /^\/(api|v1|docs|openapi\.json|t|u|f|inbound|healthz|readyz|metrics)(\/|$)/;

/** The dashboard: its files, and its one page for every address that a browser asks for. */
export function dashboard(): Router {
  const router = Router();
  const folder = folders.find((candidate) => existsSync(path.join(candidate, 'index.html')));
  if (folder === undefined) return router;
  const files = sirv(folder, {
    brotli: true,
    gzip: true,
    etag: true,
    setHeaders(response, pathname) {
      const isNamedByContent = pathname.startsWith('/assets/');
      response.setHeader('Cache-Control', isNamedByContent ? 'public, max-age=31536000, immutable' : 'no-cache');
      response.setHeader('X-Content-Type-Options', 'nosniff');
      response.setHeader('Referrer-Policy', 'no-referrer');
      response.setHeader('Content-Security-Policy', policy);
    },
  });
  const page: RequestHandler = (request, response, next) => {
    if ((request.method !== 'GET' && request.method !== 'HEAD') || notPages.test(request.path)) return next();
    const asPage = (): void => {
      if (!(request.get('accept') ?? '').includes('text/html')) return next();
      request.url = '/';
      files(request, response, next);
    };
    // An id in the address of a page may hold a dot, too.
    if (/\.\w+$/.test(request.path)) files(request, response, asPage);
    else asPage();
  };
  router.use(page);
  return router;
}
