import { Router, type ErrorRequestHandler, type Request, type Response } from 'express';
import type { UnsubscribeMethod } from '../../domain/email';
import type { Logger } from 'pino';
import type { LinkSigner } from '../email/links';
import type { EmailEventReceiver } from '../ingest/receive-email-events';
import { newId } from '../mongo/new-id';
import { readUpTo } from './body';
import { sendPage } from './hosted-page';
import { toProblem } from './problem';

export interface UnsubscribeDeps {
  links: Pick<LinkSigner, 'readUnsubscribe'>;
  receiver: Pick<EmailEventReceiver, 'receive'>;
  logger: Logger;
}

const maxBody = '10kb';
const retryAfterSeconds = 30;
/** RFC 8058: what the programs of mailbox providers post. */
const oneClick = { name: 'List-Unsubscribe', value: 'One-Click' } as const;

/**
 * Unsubscribing, by the page's button or by a mailbox's own (RFC 8058). A GET changes nothing, since scanners open every
 * link. The token is all that is asked for: the programs that post here have no cookies, and no other site knows it.
 */
export function unsubscribeRoutes(deps: UnsubscribeDeps): Router {
  const router = Router();

  router.get('/u/:token', (request, response) => {
    if (!deps.links.readUnsubscribe(request.params.token)) return sendUnknown(response);
    sendPage(response, 200, {
      title: 'Unsubscribe',
      paragraphs: ['You will get no more emails from this sender’s lists.'],
      button: 'Unsubscribe',
    });
  });

  router.post('/u/:token', readUpTo(maxBody), async (request: Request<{ token: string }>, response) => {
    const link = deps.links.readUnsubscribe(request.params.token);
    if (!link) return sendUnknown(response);
    const { emailId, whom } = link;
    const method = await methodOf(request);
    await deps.receiver.receive([
      { key: newId('emailEvent'), emailId, news: { kind: 'unsubscribed', method, ...(whom ? { whom } : {}) } },
    ]);
    // The same for whoever has unsubscribed before, or is not known any more.
    sendPage(response, 200, {
      title: 'You are unsubscribed',
      paragraphs: [
        'You will get no more emails from this sender’s lists. An email that is on its way may still arrive.',
      ],
    });
  });

  router.use('/u', pageOfError(deps.logger));
  return router;
}

async function methodOf(request: Request): Promise<UnsubscribeMethod> {
  const body: unknown = request.body;
  if (!Buffer.isBuffer(body)) return 'link';
  const contentType = request.get('Content-Type') ?? 'application/x-www-form-urlencoded';
  try {
    const form = await new globalThis.Response(new Uint8Array(body), {
      headers: { 'content-type': contentType },
    }).formData();
    return form.get(oneClick.name) === oneClick.value ? 'one-click' : 'link';
  } catch {
    // Neither form that it may have; whoever posts it wants to unsubscribe all the same.
    return 'link';
  }
}

/** People see these answers, too: what could not be stored is not called done. */
function pageOfError(logger: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response: Response, next) => {
    const problem = toProblem(error);
    if (!problem || response.headersSent) return next(error);
    if (problem.status < 500) {
      const paragraphs = ['Open the link from the email again.'];
      return sendPage(response, problem.status, { title: 'This request cannot be read', paragraphs });
    }
    logger.error({ err: error }, 'unsubscribe.put_off');
    response.setHeader('Retry-After', String(retryAfterSeconds));
    sendPage(response, problem.status, {
      title: 'Please try again',
      paragraphs: ['You could not be unsubscribed at the moment. Try again in a minute.'],
    });
  };
}

function sendUnknown(response: Response): void {
  sendPage(response, 404, {
    title: 'This link is not valid',
    paragraphs: ['It may have been cut off or changed on its way. Open it from the email again.'],
  });
}
