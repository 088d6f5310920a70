import type { EmailStore } from '../mongo/emails';

/** What mails that were asked for together are claimed by: two lists with the same email never both have it. */
export interface Claim {
  by: string;
  renewedAtMs: number;
}
/** Nothing is begun on a claim that is older: it may be another's before the conversation ends. */
const freshMs = 60_000;

/** Claims of one mailer, in the store. */
export class Claims {
  private count = 0;

  constructor(
    private readonly deps: {
      emails: Pick<EmailStore, 'claim' | 'release' | 'renewClaims'>;
      mailerId: string;
      now: () => number;
      onFailure: (what: string, error: unknown) => void;
    },
  ) {}

  next(): Claim {
    return { by: `${this.deps.mailerId}/${++this.count}`, renewedAtMs: this.deps.now() };
  }

  isFresh({ renewedAtMs }: Claim): boolean {
    return this.deps.now() - renewedAtMs <= freshMs;
  }

  /** Those that are the claim's own now. */
  async take({ by, renewedAtMs }: Claim, ids: string[]): Promise<Set<string>> {
    try {
      return await this.deps.emails.claim(ids, by, new Date(renewedAtMs));
    } catch (error) {
      // It may have come about all the same.
      await this.release({ by }, ids);
      throw error;
    }
  }

  /** Those that are the claim's own yet; undefined when MongoDB did not say. */
  async renew(claim: Claim, ids: string[]): Promise<Set<string> | undefined> {
    const at = new Date(this.deps.now());
    try {
      const own = await this.deps.emails.renewClaims(ids, claim.by, at);
      claim.renewedAtMs = at.getTime();
      return own;
    } catch (error) {
      this.deps.onFailure('mailer.renew_failed', error);
      return undefined;
    }
  }

  async release({ by }: Pick<Claim, 'by'>, ids: string[]): Promise<void> {
    if (ids.length === 0) return;
    try {
      await this.deps.emails.release(ids, by);
    } catch (error) {
      // Their lease ends, and they are reclaimed.
      this.deps.onFailure('mailer.release_failed', error);
    }
  }
}
