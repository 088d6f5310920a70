import { Router, type ErrorRequestHandler, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import { normalizeEmail } from '../../domain/email-address';
import { honeypotField, readSubmission, type Form } from '../../domain/form';
import { isId } from '../../domain/ids';
import { isObject } from '../../domain/json';
import type { LinkSigner } from '../email/links';
import type { FormStore } from '../mongo/forms';
import type { SignUpWrites } from '../mongo/sign-up-writes';
import { contactRefs } from '../mongo/waiters';
import type { Starter } from '../temporal/start';
import { readUpTo } from './body';
import { isJsonRequest, valuesOf } from './form-body';
import { sendPage } from './hosted-page';
import { Problem, sendProblem, toProblem } from './problem';
import type { RateLimit } from './rate-limit';
import { inputsOf, summaryOf } from './sign-up-inputs';
import { visitorOf } from './visitor';

export interface SignUpDeps {
  forms: Pick<FormStore, 'find'>;
  writes: SignUpWrites;
  links: Pick<LinkSigner, 'readConfirm'>;
  starter: Pick<Starter, 'startEmailSend'>;
  /** Dispatches the events and wakes tracks that wait for the contact; never rejects. */
  afterCommit: (commit: { eventIds: string[]; refs: string[] }) => Promise<void>;
  /** By the visitor's address. */
  limit: RateLimit;
  now: () => number;
  logger: Logger;
}

const maxBody = '64kb';

/**
 * Sign-up forms: a page of ours, or a customer's own page that posts JSON. The answer is the same whether the address is
 * known or not. A GET of a confirmation changes nothing, since scanners open every link.
 */
export function signUpRoutes(deps: SignUpDeps): Router {
  const router = Router();
  const formOf = async (id: string): Promise<Form | undefined> => (isId('form', id) ? deps.forms.find(id) : undefined);

  router.use('/f', (_request, response, next) => {
    // Any site may post: nothing here depends on who is signed in.
    response.setHeader('Access-Control-Allow-Origin', '*');
    next();
  });
  router.options('/f/:formId', (_request, response) => {
    response.set({
      'Access-Control-Allow-Methods': 'POST',
      'Access-Control-Allow-Headers': 'Content-Type',
      'Access-Control-Max-Age': '86400',
    });
    response.status(204).end();
  });

  router.get('/f/:formId', async (request, response) => {
    const form = await formOf(request.params.formId);
    if (form) sendForm(response, 200, form);
    else sendUnknown(response);
  });

  router.post(
    '/f/:formId',
    async (request: Request<{ formId: string }>, response: Response, next) => {
      await deps.limit.consume(visitorOf(request), 1, response);
      next();
    },
    readUpTo(maxBody),
    async (request: Request<{ formId: string }>, response: Response) => {
      const form = await formOf(request.params.formId);
      const isJson = isJsonRequest(request);
      if (!form) {
        if (!isJson) return sendUnknown(response);
        throw new Problem(404, 'not_found', 'There is no form with this id; check the address.');
      }
      const valueOf = await valuesOf(request);
      const submission = readSubmission(form, valueOf);
      const email = normalizeEmail(valueOf('email') ?? '');
      const problem =
        email === undefined
          ? 'Give your email address, such as ada@example.com.'
          : 'problem' in submission
            ? submission.problem
            : undefined;
      if (problem !== undefined) {
        if (isJson) throw new Problem(422, 'invalid_submission', problem);
        return sendForm(response, 422, form, { problem, valueOf });
      }
      // A bot is told the same as everybody else.
      if (email !== undefined && 'values' in submission && !valueOf(honeypotField)) {
        await signUp(form, email, submission.values);
      }
      if (isJson) response.status(200).json({ status: form.doubleOptIn ? 'confirmation_sent' : 'subscribed' });
      else if (form.redirectUrl !== undefined) response.redirect(303, form.redirectUrl);
      else sendPage(response, 200, { title: form.name, paragraphs: [thanksFor(form)] });
    },
  );

  router.get('/f/:formId/confirm/:token', async (request, response) => {
    const signupId = deps.links.readConfirm(request.params.token)?.signupId;
    const found = signupId === undefined ? undefined : await deps.writes.pending(signupId);
    if (!found || found.form.id !== request.params.formId) return sendExpired(response);
    if (found.signup.confirmedAt) return sendConfirmed(response, found.form);
    sendPage(response, 200, {
      title: found.form.name,
      // What somebody has typed in for this address is shown to its owner before it is kept.
      paragraphs: [`Sign up ${found.signup.email}?`, ...summaryOf(found.form, found.values)],
      button: 'Confirm',
      ...originOf(found.form),
    });
  });

  router.post('/f/:formId/confirm/:token', async (request, response) => {
    const signupId = deps.links.readConfirm(request.params.token)?.signupId;
    const found = signupId === undefined ? undefined : await deps.writes.pending(signupId);
    if (signupId === undefined || !found || found.form.id !== request.params.formId) return sendExpired(response);
    const confirmation = await deps.writes.confirm(signupId, deps.now());
    if (confirmation.kind === 'expired') return sendExpired(response);
    if (confirmation.kind === 'confirmed') afterSignUp(found.form, confirmation);
    sendConfirmed(response, found.form);
  });

  const signUp = async (form: Form, email: string, values: Map<string, string>): Promise<void> => {
    if (!form.doubleOptIn) {
      afterSignUp(form, await deps.writes.subscribe(form, email, values, deps.now()));
      return;
    }
    const emailId = await deps.writes.ask(form, email, values, deps.now());
    if (emailId === undefined) return;
    // Best effort: what is stored and not started is started by the sweep.
    deps.starter.startEmailSend(emailId).catch((error: unknown) => {
      deps.logger.warn({ err: error, emailId }, 'confirmation.left_to_sweep');
    });
  };
  const afterSignUp = (form: Form, { eventIds, email }: { eventIds: string[]; email: string }): void => {
    if (eventIds.length === 0) return;
    void deps.afterCommit({ eventIds, refs: contactRefs(form.workspaceId, { emails: [email], userIds: [] }) });
  };

  router.use('/f', answerOfError(deps.logger));
  return router;
}

function sendForm(
  response: Response,
  status: number,
  form: Form,
  given?: { problem: string; valueOf: (name: string) => string | undefined },
): void {
  sendPage(response, status, {
    title: form.name,
    paragraphs: [],
    inputs: inputsOf(form, given),
    button: 'Sign up',
    ...originOf(form),
  });
}

function originOf({ redirectUrl }: Form): { origin?: string } {
  return redirectUrl === undefined ? {} : { origin: new URL(redirectUrl).origin };
}

function thanksFor(form: Form): string {
  return form.doubleOptIn
    ? 'Thank you. Please follow the link in the email that we have sent you.'
    : 'Thank you. You are signed up.';
}

function sendConfirmed(response: Response, form: Form): void {
  if (form.redirectUrl !== undefined && response.req.method === 'POST') response.redirect(303, form.redirectUrl);
  else sendPage(response, 200, { title: form.name, paragraphs: ['Thank you. Your sign-up is confirmed.'] });
}

function sendUnknown(response: Response): void {
  sendPage(response, 404, { title: 'This form is not there', paragraphs: ['It may have been removed.'] });
}

function sendExpired(response: Response): void {
  sendPage(response, 404, {
    title: 'This link is not valid',
    paragraphs: ['A link is good for seven days. Sign up again to get a new one.'],
  });
}

/** People see these answers, too. */
function answerOfError(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response: Response, next) => {
    const isTooLarge =
      isObject(error) || error instanceof Error ? Reflect.get(error, 'type') === 'entity.too.large' : false;
    const problem = isTooLarge
      ? new Problem(413, 'body_too_large', 'The form is larger than 64 KB; write less.')
      : toProblem(error);
    if (!problem || response.headersSent) return next(error);
    if (problem.status >= 500) logger.error({ err: error }, 'sign_up.failed');
    if (isJsonRequest(request)) return sendProblem(response, problem);
    if (problem.more.retryAfterSeconds !== undefined) {
      response.setHeader('Retry-After', String(problem.more.retryAfterSeconds));
    }
    sendPage(response, problem.status, { title: 'That did not work', paragraphs: [problem.detail] });
  };
}
