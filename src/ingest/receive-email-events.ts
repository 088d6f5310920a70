import type { EmailNews, EmailNewsKind } from '../../domain/email-event';
import type { EmailEventDocument, EmailEventStore } from '../mongo/email-events';
import type { Startable, StartLane } from './start-lane';

/** Something that was heard about an email. `key` makes a repeat of it the same entry. */
export interface HeardEmailEvent {
  key: string;
  emailId: string;
  news: EmailNews;
  /** When it happened, where that is told. */
  atMs?: number;
  /** Where a provider's report came in: the email must be of the same workspace. */
  workspaceId?: string;
  source?: string;
}
export interface EmailEventReceipt {
  kind: EmailNewsKind;
  status: 'accepted' | 'duplicate';
}

/** Takes in what is heard about emails: stores it durably and starts the work. */
export class EmailEventReceiver {
  constructor(
    private readonly deps: {
      emailEvents: Pick<EmailEventStore, 'insert'>;
      lane: StartLane<Startable>;
      now: () => number;
      onReceipts: (receipts: readonly EmailEventReceipt[]) => void;
    },
  ) {}

  /**
   * One receipt for each, in their order. When this returns, whatever is `accepted` is in the journal. Throws when it
   * could not be stored: whoever sent it should send it again.
   */
  async receive(heard: readonly HeardEmailEvent[]): Promise<EmailEventReceipt[]> {
    const nowMs = this.deps.now();
    const documents = new Map<string, EmailEventDocument>();
    for (const each of heard) if (!documents.has(each.key)) documents.set(each.key, toDocument(each, nowMs));
    const known = await this.deps.emailEvents.insert([...documents.values()]);
    const fresh = [...documents.keys()].filter((key) => !known.has(key));
    // After the answer, which need not wait for what a start costs this process. The sweep takes what is too much.
    setImmediate(() => {
      if (!this.deps.lane.isFull) this.deps.lane.add(fresh.map((key) => ({ key })));
    });

    const seen = new Set(known);
    const receipts = heard.map(({ key, news: { kind } }): EmailEventReceipt => {
      const isRepeated = seen.has(key);
      seen.add(key);
      return { kind, status: isRepeated ? 'duplicate' : 'accepted' };
    });
    this.deps.onReceipts(receipts);
    return receipts;
  }
}

function toDocument(
  { key, emailId, news, atMs, workspaceId, source }: HeardEmailEvent,
  nowMs: number,
): EmailEventDocument {
  return {
    ...{ _id: key, emailId, news, state: 'received', receivedAt: new Date(nowMs) },
    at: new Date(Math.min(atMs ?? nowMs, nowMs)),
    ...(workspaceId === undefined ? {} : { workspaceId }),
    ...(source === undefined ? {} : { source }),
  };
}
