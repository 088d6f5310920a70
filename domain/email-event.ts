import { assertNever } from './assert-never';
import { applyPatch, type Contact, type ContactStatus } from './contact';
import {
  emailDelivered,
  emailRefOf,
  webhookEvent,
  type BounceType,
  type Email,
  type SuppressionReason,
  type UnsubscribeMethod,
} from './email';
import { erasedText } from './erasure';
import type { IdKind } from './ids';
import { contactUpdated, envelope, type WebhookEvent } from './webhook-events';

/** Who leaves by a link: it says so itself, since people unsubscribe by emails that are kept no longer. */
export interface Unsubscriber {
  workspaceId: string;
  contactId: string;
  campaignId: string;
}

/** What was heard about an email. `flags` name proxies and scanners that are known to load and click by themselves. */
export type EmailNews =
  | { kind: 'opened'; userAgent: string; ip: string; flags: string[] }
  | { kind: 'clicked'; url: string; userAgent: string; ip: string; flags: string[] }
  | { kind: 'unsubscribed'; method: UnsubscribeMethod; whom?: Unsubscriber }
  | { kind: 'delivered' }
  | { kind: 'bounced'; bounceType: BounceType; bounceMessage: string }
  | { kind: 'complained' };
export type EmailNewsKind = EmailNews['kind'];

/** One entry of the inbox of email events. `key` is unique, so that a provider's repeat is the same entry. */
export interface EmailEvent {
  key: string;
  emailId: string;
  /** When it happened, as far as is known; never later than its receipt. */
  atMs: number;
  news: EmailNews;
}

/**
 * What became of it; written once, in the transaction of its effect. `notice`: a run to tell. `leftContactId`: the contact
 * has unsubscribed, bounced or complained by it, so its automations may end. `flags`: what only the email itself shows of
 * an open or a click, beside those that were seen when it was heard.
 */
export type EmailEventOutcome =
  | { status: 'counted'; eventIds: string[]; notice?: RunNotice; leftContactId?: string; flags?: string[] }
  /** Known before: no effect. */
  | { status: 'repeated'; reason: string }
  /** The email is unknown, or belongs to nobody who could be told about. */
  | { status: 'ignored'; reason: string };

/** A run of an automation that may wait for this, or that ends by it. */
export interface RunNotice {
  runKey: string;
  /** `unsent`: it was held back, or failed before any server saw it. */
  kind: EmailNewsKind | 'unsent';
}

/** Everything that a list of email events changes; one transaction writes it. */
export interface EmailFold {
  outcomes: Map<string, EmailEventOutcome>;
  emails: Map<string, Email>;
  contacts: Map<string, Contact>;
  suppressions: { email: string; reason: SuppressionReason }[];
  events: WebhookEvent[];
  /** Counts to add, by campaign. */
  counts: Map<string, Partial<Record<EmailCount, number>>>;
}

/** What campaigns count. Opens and clicks count everything, `opened` and `clicked` each email once. */
export const emailCounts = [
  'delivered',
  'opened',
  'opens',
  'clicked',
  'clicks',
  'bounced',
  'complained',
  'unsubscribed',
] as const;
export type EmailCount = (typeof emailCounts)[number];

/** A status is only ever replaced by a graver one: a click on "unsubscribe" does not undo a complaint. */
const gravity: Record<ContactStatus, number> = { active: 0, unsubscribed: 1, bounced: 2, complained: 3 };

/** No person opens or follows an email so soon after a server has taken it. */
const instantMs = 2_000;
function isInstant({ news, atMs }: EmailEvent, { sentAtMs }: Email): boolean {
  if (news.kind !== 'opened' && news.kind !== 'clicked') return false;
  return sentAtMs === undefined || atMs - sentAtMs < instantMs;
}

/**
 * A confirmation of a sign-up, or a test: there is nobody to tell of. An address that takes no mail, or whose owner has
 * complained, is written to no more all the same: anybody may type it into a form again.
 */
function withoutContact({ news, atMs }: EmailEvent, email: Email, fold: EmailFold): EmailEventOutcome {
  const isHard = news.kind === 'bounced' && news.bounceType === 'hard';
  if ((!isHard && news.kind !== 'complained') || email.to === erasedText) {
    return { status: 'ignored', reason: 'the email was not sent to a contact' };
  }
  const known = isHard ? email.bouncedAtMs : email.complainedAtMs;
  if (known !== undefined) return { status: 'repeated', reason: 'it was known before' };
  const change: Partial<Email> = isHard
    ? { status: 'bounced', bouncedAtMs: atMs, bounceType: 'hard', reason: news.bounceMessage }
    : { status: 'complained', complainedAtMs: atMs };
  fold.emails.set(email.id, { ...email, ...change });
  fold.suppressions.push({ email: email.to, reason: isHard ? 'bounced' : 'complained' });
  return { status: 'counted', eventIds: [] };
}

/** Applies email events of one workspace in their order to what is known. Pure. */
export function foldEmailEvents(
  list: readonly EmailEvent[],
  known: { emails: ReadonlyMap<string, Email>; contacts: ReadonlyMap<string, Contact> },
  options: { nowMs: number; newId: (kind: IdKind) => string },
): EmailFold {
  const fold: EmailFold = {
    outcomes: new Map(),
    emails: new Map(),
    contacts: new Map(),
    suppressions: [],
    events: [],
    counts: new Map(),
  };

  const one = (event: EmailEvent): EmailEventOutcome => {
    const email = fold.emails.get(event.emailId) ?? known.emails.get(event.emailId);
    if (!email) return { status: 'ignored', reason: 'no such email is known; it may have been erased' };
    const { contactId } = email;
    if (contactId === undefined) return withoutContact(event, email, fold);
    const contact = fold.contacts.get(contactId) ?? known.contacts.get(contactId);
    if (!contact) return { status: 'ignored', reason: 'the contact was deleted' };

    const eventIds: string[] = [];
    let hasLeft = false;
    const at = new Date(event.atMs).toISOString();
    const ref = emailRefOf(email, contactId);
    const emit = (type: WebhookEvent['type'], body: string): void => {
      const made = webhookEvent(options.newId('event'), type, email, body, options.nowMs);
      fold.events.push(made);
      eventIds.push(made.id);
    };
    const put = (change: Partial<Email>): void => void fold.emails.set(email.id, { ...email, ...change });
    const count = (...names: EmailCount[]): void => {
      if (email.kind !== 'campaign') return;
      const counts = fold.counts.get(email.campaignId) ?? {};
      for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
      fold.counts.set(email.campaignId, counts);
    };
    /** The contact's status with its contact.updated event. */
    const setStatus = (status: ContactStatus): void => {
      if (gravity[contact.status] >= gravity[status]) return;
      const { contact: next, changes } = applyPatch(contact, { status }, options.nowMs, options.nowMs);
      fold.contacts.set(contact.id, next);
      hasLeft = true;
      if (changes.length === 0) return;
      const made = contactUpdated(options.newId('event'), next, changes);
      fold.events.push(made);
      eventIds.push(made.id);
    };

    const { news } = event;
    switch (news.kind) {
      case 'opened': {
        const { userAgent, ip } = news;
        put({ opens: email.opens + 1, openedAtMs: Math.min(email.openedAtMs ?? Infinity, event.atMs) });
        count('opens', ...(email.openedAtMs === undefined ? (['opened'] as const) : []));
        emit(
          'email.opened',
          envelope('email.opened', email.workspaceId, event.atMs, { ...ref, openedAt: at, userAgent, ip }),
        );
        break;
      }
      case 'clicked': {
        const { url, userAgent, ip } = news;
        put({ clicks: email.clicks + 1, clickedAtMs: Math.min(email.clickedAtMs ?? Infinity, event.atMs) });
        count('clicks', ...(email.clickedAtMs === undefined ? (['clicked'] as const) : []));
        emit(
          'email.clicked',
          envelope('email.clicked', email.workspaceId, event.atMs, { ...ref, clickedAt: at, url, userAgent, ip }),
        );
        break;
      }
      case 'unsubscribed': {
        // Whoever came back since may leave again, by the same email too.
        if (contact.status === 'unsubscribed' || (contact.status !== 'active' && email.unsubscribedAtMs !== undefined))
          return { status: 'repeated', reason: 'the contact had unsubscribed before' };
        if (email.unsubscribedAtMs === undefined) count('unsubscribed');
        put({ unsubscribedAtMs: event.atMs });
        const data = { ...ref, unsubscribedAt: at, method: news.method };
        emit('email.unsubscribed', envelope('email.unsubscribed', email.workspaceId, event.atMs, data));
        setStatus('unsubscribed');
        break;
      }
      case 'delivered': {
        if (email.deliveredAtMs !== undefined) return { status: 'repeated', reason: 'the delivery was known before' };
        const made = emailDelivered(options.newId('event'), email, event.atMs);
        // A lasting bounce or a complaint says more than the delivery that came before it; a passing one is over by it.
        const isFinal = email.bounceType === 'hard' || email.status === 'complained';
        const status = isFinal ? email.status : 'delivered';
        put({ status, deliveredAtMs: event.atMs, ...(made ? { deliveredEventId: made.id } : {}) });
        count('delivered');
        if (made) {
          fold.events.push({ ...made, createdAtMs: options.nowMs });
          eventIds.push(made.id);
        }
        break;
      }
      case 'bounced': {
        const { bounceType, bounceMessage } = news;
        const isGraver = bounceType === 'hard' && email.bounceType === 'soft';
        if (email.bouncedAtMs !== undefined && !isGraver)
          return { status: 'repeated', reason: 'the bounce was known before' };
        const status = email.status === 'complained' ? email.status : 'bounced';
        put({ status, bouncedAtMs: event.atMs, bounceType, reason: bounceMessage });
        if (email.bouncedAtMs === undefined) count('bounced');
        const data = { ...ref, bouncedAt: at, bounceType, bounceMessage };
        emit('email.bounced', envelope('email.bounced', email.workspaceId, event.atMs, data));
        if (bounceType === 'hard') {
          fold.suppressions.push({ email: email.to, reason: 'bounced' });
          setStatus('bounced');
        }
        break;
      }
      case 'complained': {
        if (email.complainedAtMs !== undefined) return { status: 'repeated', reason: 'the complaint was known before' };
        put({ status: 'complained', complainedAtMs: event.atMs });
        count('complained');
        const data = { ...ref, complainedAt: at };
        emit('email.complained', envelope('email.complained', email.workspaceId, event.atMs, data));
        fold.suppressions.push({ email: email.to, reason: 'complained' });
        setStatus('complained');
        break;
      }
      default:
        assertNever(news);
    }
    return {
      ...{ status: 'counted', eventIds },
      ...(email.runKey === undefined ? {} : { notice: { runKey: email.runKey, kind: news.kind } }),
      ...(hasLeft ? { leftContactId: contact.id } : {}),
      ...(isInstant(event, email) ? { flags: ['soon-after-sending'] } : {}),
    };
  };

  for (const event of list) fold.outcomes.set(event.key, one(event));
  return fold;
}
