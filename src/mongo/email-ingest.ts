import type { Contact } from '../../domain/contact';
import type { Email } from '../../domain/email';
import type { EmailEvent, EmailEventOutcome, EmailFold, Unsubscriber } from '../../domain/email-event';
import type { CampaignStore } from './campaigns';
import type { Database } from './connect';
import type { ContactStore } from './contacts';
import type { EmailEventDocument, EmailEventStore } from './email-events';
import { emailFrom, type EmailStore } from './emails';
import type { SuppressionStore } from './suppressions';
import type { WebhookEventStore } from './webhook-events';

/** An email event with its outcome. `isOwn`: its effects are the caller's to start. */
export interface CommittedEmailEvent {
  key: string;
  outcome: EmailEventOutcome;
  isOwn: boolean;
}
type Fold = (
  events: EmailEvent[],
  known: { emails: ReadonlyMap<string, Email>; contacts: ReadonlyMap<string, Contact> },
) => EmailFold;

const unknownEmail = 'no such email is known; it may have been erased';

/** The transaction that an email event's outcome and its effect are written in: both, or neither. */
export class EmailIngestTransaction {
  /** The end of each workspace's last commit that is under way or waits. */
  private readonly lastCommits = new Map<string, Promise<void>>();

  constructor(
    private readonly database: Database,
    private readonly stores: {
      emails: EmailStore;
      emailEvents: EmailEventStore;
      contacts: ContactStore;
      suppressions: SuppressionStore;
      campaigns: CampaignStore;
      events: WebhookEventStore;
    },
  ) {}

  /**
   * Folds those of the events that have no outcome yet, one transaction for each workspace. Outcomes that were written
   * before are read back.
   */
  async commit(
    keys: string[],
    by: { nowMs: number; workflowId?: string },
    fold: Fold,
  ): Promise<{ committed: CommittedEmailEvent[]; folds: EmailFold[] }> {
    const { emailEvents, emails } = this.stores;
    const stored = new Map((await emailEvents.byKeys(keys)).map((document) => [document._id, document]));
    const found = await emails.byIds([...new Set([...stored.values()].map(({ emailId }) => emailId))]);
    const workspaceOf = new Map(found.map(({ _id, workspaceId }) => [_id, workspaceId]));
    const byWorkspace = new Map<string, string[]>();
    for (const key of keys) {
      const document = stored.get(key);
      if (!document) continue;
      // An email of another workspace is as good as none: a provider of one must not report on another's.
      const owner = workspaceOf.get(document.emailId) ?? whomOf(document)?.workspaceId;
      const workspaceId = document.workspaceId === undefined || document.workspaceId === owner ? (owner ?? '') : '';
      byWorkspace.set(workspaceId, [...(byWorkspace.get(workspaceId) ?? []), key]);
    }
    const committed: CommittedEmailEvent[] = [];
    const folds: EmailFold[] = [];
    for (const [workspaceId, workspaceKeys] of byWorkspace) {
      const result = await this.inLine(workspaceId, () => this.commitWorkspace(workspaceId, workspaceKeys, by, fold));
      committed.push(...result.committed);
      if (result.fold) folds.push(result.fold);
    }
    return { committed, folds };
  }

  /**
   * A workspace's commits of this process, one after the other: what is heard at once is mostly of one campaign, on whose
   * counts two transactions collide, and each collision does the work of a group once more.
   */
  private inLine<Result>(workspaceId: string, commit: () => Promise<Result>): Promise<Result> {
    const result = (this.lastCommits.get(workspaceId) ?? Promise.resolve()).then(commit);
    const end = result.then(
      () => undefined,
      () => undefined,
    );
    this.lastCommits.set(workspaceId, end);
    void end.then(() => {
      if (this.lastCommits.get(workspaceId) === end) this.lastCommits.delete(workspaceId);
    });
    return result;
  }

  private async commitWorkspace(
    workspaceId: string,
    keys: string[],
    by: { nowMs: number; workflowId?: string },
    fold: Fold,
  ): Promise<{ committed: CommittedEmailEvent[]; fold?: EmailFold }> {
    const { emailEvents, emails, contacts, suppressions, campaigns, events } = this.stores;
    return this.database.transaction(async (session) => {
      const stored = new Map((await emailEvents.byKeys(keys, session)).map((document) => [document._id, document]));
      const ordered = keys.flatMap((key) => stored.get(key) ?? []);
      const open = ordered.filter(({ state }) => state === 'received');
      let folded: EmailFold | undefined;
      let outcomes: ReadonlyMap<string, EmailEventOutcome> = new Map();
      if (workspaceId === '') {
        outcomes = new Map(open.map(({ _id }) => [_id, { status: 'ignored', reason: unknownEmail }]));
      } else if (open.length > 0) {
        const rows = await emails.byIds([...new Set(open.map(({ emailId }) => emailId))], session);
        const known = new Map(rows.map((row) => [row._id, emailFrom(row)]));
        for (const document of open) {
          const standIn = known.has(document.emailId) ? undefined : standInFor(document);
          if (standIn?.workspaceId === workspaceId) known.set(standIn.id, standIn);
        }
        const contactIds = [...new Set([...known.values()].flatMap(({ contactId }) => contactId ?? []))];
        const people = await contacts.byIds(workspaceId, contactIds, session);
        const addressOf = new Map<string | undefined, string>(people.map(({ id, email }) => [id, email]));
        folded = fold(open.map(eventOf), {
          emails: new Map(
            [...known].map(([id, email]) => [id, { ...email, to: email.to || (addressOf.get(email.contactId) ?? '') }]),
          ),
          contacts: new Map(people.map((contact) => [contact.id, contact])),
        });
        // First, since it is what another commit may hold: then nothing else was written in vain.
        await campaigns.addCounts(folded.counts, session);
        await emails.save(folded.emails.values(), session);
        await contacts.save({ created: [], changed: [...folded.contacts.values()], robbedIds: [] }, session);
        await suppressions.add(workspaceId, folded.suppressions, new Date(by.nowMs), session);
        await events.insert(folded.events, session);
        ({ outcomes } = folded);
      }
      await emailEvents.finish(outcomes, by, session);
      const committed = ordered.flatMap((document): CommittedEmailEvent[] => {
        const outcome = outcomes.get(document._id) ?? document.outcome;
        if (!outcome) return [];
        const isOwn = document.state === 'received' || document.workflowId === by.workflowId;
        return [{ key: document._id, outcome, isOwn }];
      });
      return { committed, ...(folded ? { fold: folded } : {}) };
    });
  }
}

function whomOf({ news }: EmailEventDocument): Unsubscriber | undefined {
  return news.kind === 'unsubscribed' ? news.whom : undefined;
}

/** What the link says of an email that is kept no longer; its row is not made anew. */
function standInFor(document: EmailEventDocument): Email | undefined {
  const whom = whomOf(document);
  if (!whom) return undefined;
  return {
    ...{ id: document.emailId, ...whom, kind: 'campaign', to: '', status: 'sent', opens: 0, clicks: 0 },
    createdAtMs: document.receivedAt.getTime(),
  };
}

function eventOf({ _id, emailId, at, news }: EmailEventDocument): EmailEvent {
  return { key: _id, emailId, atMs: at.getTime(), news };
}
