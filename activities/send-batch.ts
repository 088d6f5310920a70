import type { Contact } from '../domain/contact';
import { reasonToSkip, type Email, type EmailContent, type SuppressionReason } from '../domain/email';
import type { EmailNews } from '../domain/email-event';
import type { JsonObject } from '../domain/json';
import { bounceOf } from '../domain/smtp-refusal';
import { ContentError, type EmailRenderer, type Mailer, type OutgoingMail, type RenderContext } from './send-emails';

/** An email that is stored, with what it is made of. */
export interface Sendable {
  email: Email;
  content: EmailContent;
  /** `News <news@acme.com>`; absent: MAIL_FROM. */
  from?: string;
  /** Whom it is shown for, where the email itself names no contact. */
  contact?: Contact;
  event?: { name: string; properties: JsonObject };
  data?: JsonObject;
}

/** What became of a list of emails; one that was sent by an earlier try counts as sent. */
export interface BatchResult {
  sent: number;
  skipped: number;
  failed: number;
  /** Put off by the server: queued again. */
  deferredIds: string[];
  /** Under way elsewhere, at the mailer of a worker that was killed, or not begun: to be looked at again. */
  elsewhereIds: string[];
  /** The email.delivered events that were committed. */
  eventIds: string[];
  /** Entries of the inbox of email events, for what servers refused at once: to be committed. */
  bounceKeys: string[];
}

/** Renders, checks and sends a list of stored emails, each once. May be repeated. */
export type SendBatch = (batch: Sendable[]) => Promise<BatchResult>;

/** An email as it stands, with what decides whether it may go. */
export interface EmailState {
  email: Email;
  /** Tries that a server has put off. */
  tries: number;
  /** The server's last word, where it was taken or refused. */
  response?: string;
  contact?: Contact;
  suppression?: { reason: SuppressionReason };
}
/** Needs: src/mongo/send-log.ts. */
export interface SendLog {
  states(emailIds: string[]): Promise<EmailState[]>;
  /** Ends emails that are not under way. `response`: what the server refused one with. */
  settle(ends: { emailId: string; status: 'failed' | 'skipped'; reason: string; response?: string }[]): Promise<void>;
  /**
   * Emails that were sent become delivered, with their email.delivered events and their campaign's count, in one
   * transaction. Returns the ids of the events, also of those that an earlier try has made.
   */
  deliver(emailIds: string[]): Promise<string[]>;
  /** Puts what a server said at once into the inbox of email events; an entry that is there already stays. */
  report(entries: { key: string; emailId: string; atMs: number; news: EmailNews }[]): Promise<void>;
}
/** Needs: src/mongo/providers.ts. */
export interface DeliveryNotices {
  /** Whether a provider reports deliveries to the workspace: an email that was only sent is then not delivered yet. */
  awaitsNotice(workspaceId: string): Promise<boolean>;
  /** Headers by which the workspace's providers name an email of ours in their reports. */
  echoHeaders(workspaceId: string): Promise<(emailId: string) => Record<string, string>>;
}

const marketing: readonly Email['kind'][] = ['campaign', 'automation'];
const tracked: readonly Email['kind'][] = ['campaign', 'automation', 'transactional'];

export interface SendBatchDeps {
  sendLog: SendLog;
  notices: DeliveryNotices;
  renderer: EmailRenderer;
  mailer: Mailer;
  /** What emails without a sender of their own are from. */
  defaultFrom: string;
  now: () => number;
}

export function createSendBatch(deps: SendBatchDeps): SendBatch {
  const { sendLog } = deps;

  return async (batch) => {
    const byId = new Map(batch.map((sendable) => [sendable.email.id, sendable]));
    const ids = [...byId.keys()];
    const result: BatchResult = {
      ...{ sent: 0, skipped: 0, failed: 0 },
      ...{ deferredIds: [], elsewhereIds: [], eventIds: [], bounceKeys: [] },
    };
    const sentIds: string[] = [];
    const refused: { email: Email; response: string }[] = [];
    const due: EmailState[] = [];
    for (const state of await sendLog.states(ids)) {
      const { email, response } = state;
      if (email.status === 'queued') due.push(state);
      else if (email.status === 'sending') result.elsewhereIds.push(email.id);
      else if (email.status === 'skipped') result.skipped++;
      // A delivery may be heard of though nobody knew whether the server had taken it.
      else if (email.sentAtMs !== undefined || email.deliveredAtMs !== undefined) sentIds.push(email.id);
      else {
        result.failed++;
        // An earlier try may have ended between the server's refusal and our report of it.
        if (response !== undefined) refused.push({ email, response });
      }
    }

    const outgoing = await prepare(deps, due, byId);
    await sendLog.settle(outgoing.ends);
    for (const { status } of outgoing.ends) result[status]++;
    const answers = outgoing.mails.length > 0 ? await deps.mailer.send(outgoing.mails) : [];
    const answered = new Set(answers.map(({ emailId }) => emailId));
    // What has no answer was claimed by another mailer in between, or given back before it was begun.
    result.elsewhereIds.push(...outgoing.mails.map(({ emailId }) => emailId).filter((id) => !answered.has(id)));
    for (const answer of answers) {
      const sendable = byId.get(answer.emailId);
      if (answer.kind === 'sent') sentIds.push(answer.emailId);
      else if (answer.kind === 'deferred') result.deferredIds.push(answer.emailId);
      else {
        result.failed++;
        if (sendable) refused.push({ email: sendable.email, response: answer.response });
      }
    }

    result.sent = sentIds.length;
    result.eventIds = await deliver(deps, sentIds, byId);
    result.bounceKeys = await report(deps, refused);
    return result;
  };
}

/** Ends emails that servers have put off too often: soft bounces. Returns the entries of the inbox to be committed. */
export function createGiveUp(deps: Pick<SendBatchDeps, 'sendLog' | 'now'>) {
  return async (emailIds: string[]): Promise<string[]> => {
    const states = await deps.sendLog.states(emailIds);
    const responseOf = ({ email, response }: EmailState): string =>
      response ?? email.reason ?? '451 4.4.7 the server has put it off too often';
    const queued = states.filter(({ email }) => email.status === 'queued');
    await deps.sendLog.settle(
      queued.map((state) => {
        const response = responseOf(state);
        return { emailId: state.email.id, status: 'failed', reason: response, response };
      }),
    );
    const isGivenUp = ({ email, response }: EmailState): boolean =>
      email.status === 'queued' || (email.status === 'failed' && response !== undefined);
    return report(
      deps,
      states.filter(isGivenUp).map((state) => ({ email: state.email, response: responseOf(state) })),
    );
  };
}
export type GiveUp = ReturnType<typeof createGiveUp>;

type End = { emailId: string; status: 'failed' | 'skipped'; reason: string };

/** Checks each email at this moment, and renders those that may go. */
async function prepare(
  deps: SendBatchDeps,
  due: readonly EmailState[],
  byId: ReadonlyMap<string, Sendable>,
): Promise<{ ends: End[]; mails: OutgoingMail[] }> {
  const ends: End[] = [];
  const mails: OutgoingMail[] = [];
  const echoes = new Map<string, (emailId: string) => Record<string, string>>();
  for (const workspaceId of new Set(due.map(({ email }) => email.workspaceId))) {
    echoes.set(workspaceId, await deps.notices.echoHeaders(workspaceId));
  }
  for (const { email, contact, suppression } of due) {
    const sendable = byId.get(email.id);
    if (!sendable) continue;
    const reason = reasonToSkip(email, contact, suppression);
    if (reason !== undefined) {
      ends.push({ emailId: email.id, status: 'skipped', reason });
      continue;
    }
    try {
      const rendered = await deps.renderer.render(sendable.content, contextOf(sendable, contact ?? sendable.contact));
      const { id: emailId, workspaceId, to } = email;
      const headers = { ...rendered.headers, ...echoes.get(workspaceId)?.(emailId) };
      mails.push({ emailId, workspaceId, from: sendable.from ?? deps.defaultFrom, to, ...rendered, headers });
    } catch (error) {
      if (!(error instanceof ContentError)) throw error;
      ends.push({ emailId: email.id, status: 'failed', reason: error.message });
    }
  }
  return { ends, mails };
}

function contextOf({ email, event, data }: Sendable, contact: Contact | undefined): RenderContext {
  return {
    emailId: email.id,
    workspaceId: email.workspaceId,
    campaignId: email.campaignId,
    isMarketing: marketing.includes(email.kind),
    isTracked: tracked.includes(email.kind),
    ...(contact
      ? {
          contact: {
            id: contact.id,
            email: contact.email,
            firstName: contact.firstName,
            lastName: contact.lastName,
            metadata: contact.metadata,
          },
        }
      : {}),
    ...(event ? { event } : {}),
    ...(data ? { data } : {}),
  };
}

/** Those of workspaces whose provider tells of deliveries stay as sent until it does. */
async function deliver(
  deps: SendBatchDeps,
  sentIds: readonly string[],
  byId: ReadonlyMap<string, Sendable>,
): Promise<string[]> {
  const workspaceOf = (id: string): string => byId.get(id)?.email.workspaceId ?? '';
  const awaiting = new Map<string, boolean>();
  for (const workspaceId of new Set(sentIds.map(workspaceOf))) {
    awaiting.set(workspaceId, await deps.notices.awaitsNotice(workspaceId));
  }
  const ids = sentIds.filter((id) => !awaiting.get(workspaceOf(id)));
  return ids.length > 0 ? deps.sendLog.deliver(ids) : [];
}

async function report(
  deps: Pick<SendBatchDeps, 'sendLog' | 'now'>,
  refused: readonly { email: Email; response: string }[],
): Promise<string[]> {
  if (refused.length === 0) return [];
  const atMs = deps.now();
  const entries = refused.map(({ email, response }) => ({
    key: `smtp/${email.id}`,
    emailId: email.id,
    atMs,
    news: { kind: 'bounced' as const, ...bounceOf(response) },
  }));
  await deps.sendLog.report(entries);
  return entries.map(({ key }) => key);
}
