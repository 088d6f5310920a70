import { assertNever } from '../../domain/assert-never';
import type { OutgoingMail, SendResult } from '../../activities/send-emails';
import type { EmailStore } from '../mongo/emails';
import { Claims, type Claim } from './claims';
import type { Conversations } from './conversation';
import { SettlementLane } from './settlement-lane';
import type { SmtpOutcome } from './smtp-outcome';

/** Often enough for claimLeaseMs. */
const renewEveryMs = 20_000;
/** While so much of what servers have said is not in the database, nothing new is begun. */
const maxUnsettled = 500;
const widenAfterMs = 30_000;
/** So many in a row are turned away by a server that is not there for anybody. */
const maxTurnedAway = 20;

/** Mails that were asked for together, those that have not ended. */
interface Slice {
  claim: Claim;
  open: Map<string, Entry>;
}
interface Entry {
  mail: OutgoingMail;
  slice: Slice;
  /** The result; undefined: it was not begun. */
  end: (result: SendResult | undefined) => void;
}

export interface SendingDeps {
  emails: Pick<EmailStore, 'claim' | 'release' | 'renewClaims' | 'settle'>;
  conversations: Conversations;
  mailerId: string;
  now: () => number;
  onFailure: (what: string, error: unknown) => void;
}

/** Claims mails, holds their conversations, and writes what the server has said before it tells of it. */
export class Sending {
  private readonly queue: Entry[] = [];
  /** Mails that were asked for alone: a password that somebody waits for does not stand behind a campaign. */
  private readonly urgent: Entry[] = [];
  private readonly slices = new Set<Slice>();
  private readonly claims: Claims;
  private readonly settlements: SettlementLane;
  private readonly renewing: NodeJS.Timeout;
  private underWay = 0;
  private width: number;
  private widenAtMs = 0;
  private unreachable: string | undefined;
  /** How many the server has turned away since it last listened to one. */
  private turnedAway = 0;
  private isDraining = false;
  private onIdle: (() => void)[] = [];

  constructor(private readonly deps: SendingDeps) {
    this.width = deps.conversations.maxUnderWay;
    this.claims = new Claims(deps);
    this.settlements = new SettlementLane(
      (settlements) => deps.emails.settle(settlements),
      (error) => deps.onFailure('mailer.settle_failed', error),
    );
    this.renewing = setInterval(() => void this.renew(), renewEveryMs);
  }

  /**
   * Sends those that nobody else has. Rejects when not one conversation came about; a mail that was not begun is queued
   * again, and not among the results.
   */
  async send(mails: OutgoingMail[]): Promise<SendResult[]> {
    const slice: Slice = { claim: this.claims.next(), open: new Map() };
    this.slices.add(slice);
    try {
      return await this.sendSlice(slice, mails);
    } finally {
      this.slices.delete(slice);
      this.look();
    }
  }

  private async sendSlice(slice: Slice, mails: OutgoingMail[]): Promise<SendResult[]> {
    if (this.isDraining) return [];
    const ids = mails.map(({ emailId }) => emailId);
    const own = await this.claims.take(slice.claim, ids);
    // Deleted, since the same email may stand in the list twice.
    const ended = mails
      .filter(({ emailId }) => own.delete(emailId))
      .map(async (mail) => {
        const result = await new Promise<SendResult | undefined>((end) => {
          const entry = { mail, slice, end };
          slice.open.set(mail.emailId, entry);
          (mails.length === 1 ? this.urgent : this.queue).push(entry);
        });
        slice.open.delete(mail.emailId);
        return result;
      });
    if (this.isDraining) void this.giveBack(this.waiting());
    this.begin();
    const results = (await Promise.all(ended)).filter((result) => result !== undefined);
    if (results.length === 0 && ended.length > 0 && this.unreachable !== undefined) {
      throw new Error(`the SMTP server cannot be used: ${this.unreachable}`);
    }
    return results;
  }

  /** Begins nothing new; resolves when everything that was under way has ended and is written. */
  async drain(): Promise<void> {
    this.isDraining = true;
    void this.giveBack(this.waiting());
    await new Promise<void>((resolve) => {
      this.onIdle.push(resolve);
      this.look();
    });
    clearInterval(this.renewing);
  }

  private begin(): void {
    if (this.width < this.deps.conversations.maxUnderWay && this.deps.now() > this.widenAtMs)
      this.widen(this.width + 1);
    while (this.underWay < this.width && this.settlements.size < maxUnsettled) {
      const entry = this.urgent.shift() ?? this.queue.shift();
      if (!entry) return;
      if (this.claims.isFresh(entry.slice.claim)) {
        this.underWay++;
        void this.converse(entry);
      } else void this.giveBack([entry]);
    }
  }

  private async converse(entry: Entry): Promise<void> {
    const { mail } = entry;
    const outcome = await this.deps.conversations.hold(mail);
    this.underWay--;
    const { kind } = outcome;
    switch (kind) {
      case 'unreachable':
        this.giveWay(entry, outcome.reason);
        break;
      case 'sent':
      case 'deferred':
      case 'refused':
        this.turnedAway = kind === 'deferred' && outcome.isTurnedAway ? this.turnedAway + 1 : 0;
        // Once, it may be the mail's own fault; a server that turns everyone away would cost each of them a try.
        if (this.turnedAway > maxTurnedAway) {
          this.giveWay(entry, outcome.response);
          break;
        }
        this.unreachable = undefined;
        void this.settled(entry, { ...outcome, kind });
        break;
      default:
        assertNever(kind);
    }
    this.begin();
  }

  private async settled(entry: Entry, outcome: Exclude<SmtpOutcome, { kind: 'unreachable' }>): Promise<void> {
    const { emailId, subject } = entry.mail;
    const { kind, response } = outcome;
    const atMs = this.deps.now();
    switch (kind) {
      case 'sent':
        await this.settlements.add({ emailId, status: 'sent', response, subject, atMs });
        entry.end({ emailId, kind, response, atMs });
        break;
      case 'deferred':
        await this.settlements.add({ emailId, status: 'queued', reason: response });
        entry.end({ emailId, kind, response });
        break;
      case 'refused':
        await this.settlements.add({ emailId, status: 'failed', reason: response, response });
        entry.end({ emailId, kind, response });
        break;
      default:
        assertNever(kind);
    }
    this.begin();
  }

  /** Takes out everything that was not begun. */
  private waiting(): Entry[] {
    return [...this.urgent.splice(0), ...this.queue.splice(0)];
  }

  /** A server that takes others, and not this one, allows fewer connections; one that takes none cannot be reached. */
  private giveWay(entry: Entry, reason: string): void {
    if (this.underWay > 0 && !this.isDraining) {
      this.width = Math.max(1, this.underWay);
      this.widenAtMs = this.deps.now() + widenAfterMs;
      this.urgent.unshift(entry);
      return;
    }
    this.unreachable = reason;
    this.widen(this.deps.conversations.maxUnderWay);
    void this.giveBack([entry, ...this.waiting()]);
  }

  private widen(width: number): void {
    this.width = width;
    this.widenAtMs = this.deps.now() + widenAfterMs;
  }

  /** Queues again what was not begun, at once: others of its slice may take long yet. */
  private async giveBack(entries: Entry[]): Promise<void> {
    for (const slice of new Set(entries.map((entry) => entry.slice))) {
      const own = entries.filter((entry) => entry.slice === slice);
      await this.claims.release(
        slice.claim,
        own.map(({ mail }) => mail.emailId),
      );
      for (const { end } of own) end(undefined);
    }
  }

  private look(): void {
    if (!this.isDraining || this.slices.size > 0) return;
    for (const resolve of this.onIdle.splice(0)) resolve();
  }

  /** Whatever takes long is still at work. What has become another's meanwhile is not begun. */
  private async renew(): Promise<void> {
    for (const slice of this.slices) {
      const own = await this.claims.renew(slice.claim, [...slice.open.keys()]);
      if (!own) continue;
      for (const queue of [this.urgent, this.queue]) {
        const lost = queue.filter((entry) => entry.slice === slice && !own.has(entry.mail.emailId));
        for (const entry of lost) {
          queue.splice(queue.indexOf(entry), 1);
          entry.end(undefined);
        }
      }
    }
  }
}
