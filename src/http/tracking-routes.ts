import { isIP } from 'node:net';
import { Router, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import type { EmailNews, EmailNewsKind } from '../../domain/email-event';
import { flagsOf } from '../email/agents';
import type { LinkSigner } from '../email/links';
import type { EmailEventReceiver } from '../ingest/receive-email-events';
import { newId } from '../mongo/new-id';
import { sendPage } from './hosted-page';

export interface TrackingDeps {
  links: Pick<LinkSigner, 'readOpen' | 'readClick'>;
  receiver: Pick<EmailEventReceiver, 'receive'>;
  onLost: (kind: EmailNewsKind) => void;
  logger: Logger;
}

/** One transparent pixel. */
const pixel = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');
const maxUserAgent = 500;
/** A visitor is not kept from where the link leads for longer than this: decision 0013. */
const storeWithinMs = 1_000;

/**
 * The pixel and the links of emails. What they tell is durable before the answer. A HEAD is answered alike and tells
 * nothing: nobody has seen a page by it.
 */
export function trackingRoutes(deps: TrackingDeps): Router {
  const router = Router();

  router.get('/t/o/:token', async (request, response) => {
    const link = deps.links.readOpen(request.params.token.replace(/\.gif$/, ''));
    if (!link) return sendUnknown(response);
    await keep(deps, request, link.emailId, { kind: 'opened', ...visitorOf(request, 'opened') });
    response.set({
      'Content-Type': 'image/gif',
      'Cache-Control': 'no-store',
      // A webmail that isolates itself shows only what says that it may.
      'Cross-Origin-Resource-Policy': 'cross-origin',
    });
    response.send(pixel);
  });

  router.get('/t/c/:token', async (request, response) => {
    const link = deps.links.readClick(request.params.token);
    const destination = link && webAddress(link.url);
    if (!link || !destination) return sendUnknown(response);
    await keep(deps, request, link.emailId, { kind: 'clicked', url: link.url, ...visitorOf(request, 'clicked') });
    response.status(302).set({
      Location: destination,
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      'X-Robots-Tag': 'noindex',
    });
    response.end();
  });

  return router;
}

/** Returns when it is stored, or cannot be, or takes too long: then it may still be stored later. */
async function keep(deps: TrackingDeps, request: Request, emailId: string, news: EmailNews): Promise<void> {
  if (request.method === 'HEAD') return;
  const { kind } = news;
  const stored = deps.receiver.receive([{ key: newId('emailEvent'), emailId, news }]).then(
    () => undefined,
    (error: unknown) => {
      deps.onLost(kind);
      deps.logger.error({ err: error, kind, emailId }, 'tracking.lost');
    },
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, storeWithinMs)));
  await Promise.race([stored, late]);
  clearTimeout(timer);
}

function visitorOf(request: Request, kind: 'opened' | 'clicked'): { userAgent: string; ip: string; flags: string[] } {
  const userAgent = (request.get('User-Agent') ?? '').slice(0, maxUserAgent);
  const purpose =
    request.get('Sec-Purpose') ?? request.get('Purpose') ?? request.get('X-Purpose') ?? request.get('X-Moz');
  return { userAgent, ip: addressOf(request), flags: flagsOf({ kind, userAgent, purpose }) };
}

/** Of the visitor, as far as the proxies in front are trusted; what a header says is taken if it is an address at all. */
function addressOf(request: Request): string {
  const told = plainAddress(request.ip);
  return isIP(told) === 0 ? plainAddress(request.socket.remoteAddress) : told;
}

function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
}

/** The destination as a header can hold it; undefined for what is not of the web. */
function webAddress(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, href } = new URL(url);
  return protocol === 'http:' || protocol === 'https:' ? href : undefined;
}

function sendUnknown(response: Response): void {
  sendPage(response, 404, {
    title: 'This link is not valid',
    paragraphs: ['It may have been cut off or changed on its way. Open it from the email again.'],
  });
}
