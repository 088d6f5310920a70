import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { eventKey } from '../../domain/event-name';
import { messageKey, workflowIds } from '../../domain/ids';
import { isDeeperThan, isObject, prune } from '../../domain/json';
import { maxNesting, messageIdOf, readMessage } from '../../domain/message';
import { OverloadedError } from '../mongo/gathering';
import { maxEventKeyLength, type MessageDocument, type MessageSource, type MessageStore } from '../mongo/messages';
import { newId } from '../mongo/new-id';
import type { RejectionDocument, RejectionStore } from '../mongo/rejections';
import { sha256Hex } from '../sha256';
import type { StartableMessage } from './lanes';
import type { StartLane } from './start-lane';

/** Segment's and RudderStack's own limit for one event. */
export const maxEventBytes = 32 * 1024;
const maxRejectedBytes = maxEventBytes;
const anyApiKey = /esx_live_[\w-]{24,}/g;

/** What a request brought, before anything in it was judged. */
export interface Arrival {
  workspaceId: string;
  source: MessageSource;
  items: unknown[];
  /** The body as it came. */
  text: string;
  /** The list that identified contacts are put on. */
  listId?: string;
  /** `sentAt` of the batch around the events. */
  sentAt?: unknown;
}

export type Receipt =
  | { status: 'accepted' | 'duplicate'; messageId: string; workflowId: string }
  | { status: 'ignored'; messageId?: string }
  | { status: 'rejected'; messageId?: string; reason: string; pointer: string; isTooLarge?: true };
type Rejected = Extract<Receipt, { status: 'rejected' }>;
interface Judged {
  receipt: Receipt;
  body: string;
  /** Whether `body` is all that came. */
  isWhole: boolean;
  document?: MessageDocument;
}

/** Takes events in: judges each, stores the good ones durably and the bad ones for inspection, and starts the work. */
export class Receiver {
  constructor(
    private readonly deps: {
      messages: MessageStore;
      rejections: RejectionStore;
      lane: StartLane<StartableMessage>;
      now: () => number;
      logger: Logger;
      onReceipts: (receipts: readonly Receipt[], arrival: Arrival) => void;
    },
  ) {}

  /** One receipt for each item, in their order. When this returns, whatever is `accepted` is in the journal. */
  async receive(arrival: Arrival): Promise<Receipt[]> {
    const nowMs = this.deps.now();
    const judged = arrival.items.map((item) => this.judge(item, arrival, nowMs));
    const documents = new Map<string, MessageDocument>();
    for (const { document } of judged)
      if (document && !documents.has(document._id)) documents.set(document._id, document);

    if (documents.size > 0) {
      if (this.deps.lane.isFull) throw new OverloadedError(`${this.deps.lane.depth} messages wait to be worked off`);
      await this.deps.lane.room();
    }
    const known = await this.deps.messages.insert([...documents.values()]);
    const fresh = [...documents.values()].filter(({ _id }) => !known.has(_id));
    // After the answer, which need not wait for what a start costs this process.
    setImmediate(() => this.deps.lane.add(fresh.map(({ _id, type }) => ({ key: _id, type }))));
    await this.keepRejections(arrival, judged, nowMs);

    const seen = new Set(known);
    const receipts = judged.map(({ document, receipt }): Receipt => {
      if (!document || receipt.status !== 'accepted') return receipt;
      const isRepeated = seen.has(document._id);
      seen.add(document._id);
      return isRepeated ? { ...receipt, status: 'duplicate' } : receipt;
    });
    this.deps.onReceipts(receipts, arrival);
    return receipts;
  }

  private judge(given: unknown, arrival: Arrival, nowMs: number): Judged {
    const item = withoutKey(given);
    const isDeep = isDeeperThan(item, maxNesting);
    const body = isDeep ? deepText(item, arrival) : (JSON.stringify(item) ?? 'null');
    const isWhole = !isDeep || body === arrival.text;
    if (!isDeep && Buffer.byteLength(body) > maxEventBytes) return { body, isWhole, receipt: tooLarge(item) };

    const result = readMessage(item, { atMs: nowMs, sentAt: arrival.sentAt });
    if (result.kind === 'ignored') return { body, isWhole, receipt: { status: 'ignored', ...idOf(result) } };
    if (result.kind === 'rejected') {
      const { reason, pointer } = result;
      return { body, isWhole, receipt: { status: 'rejected', reason, pointer, ...idOf(result) } };
    }
    // A message without an id that says when it happened is the same message when it comes again.
    const messageId = result.messageId ?? (result.occurredAtMs === undefined ? randomUUID() : sha256Hex(body));
    const key = messageKey(arrival.workspaceId, messageId, sha256Hex);
    const { message } = result;
    const { type } = message;
    const document: MessageDocument = {
      _id: key,
      workspaceId: arrival.workspaceId,
      messageId,
      type,
      source: arrival.source,
      ...(message.type === 'track' ? { eventKey: eventKey(message.event).slice(0, maxEventKeyLength) } : {}),
      body,
      ...(arrival.listId === undefined || type === 'track' ? {} : { listId: arrival.listId }),
      receivedAt: new Date(nowMs),
      occurredAt: new Date(result.occurredAtMs ?? nowMs),
      state: 'received',
    };
    const workflowId = type === 'identify' ? workflowIds.contactUpsert(key) : workflowIds.customEvent(key);
    return { body, isWhole, document, receipt: { status: 'accepted', messageId, workflowId } };
  }

  private async keepRejections(arrival: Arrival, judged: Judged[], nowMs: number): Promise<void> {
    const rejections = judged.flatMap(({ receipt, body, isWhole }): RejectionDocument[] =>
      receipt.status === 'rejected' ? [this.rejection(arrival, receipt, { text: body, isWhole }, nowMs)] : [],
    );
    await this.deps.rejections.insert(rejections);
  }

  /** Keeps a body that is not even JSON. */
  async reject(arrival: Omit<Arrival, 'items' | 'text'>, body: string, reason: string): Promise<void> {
    await this.deps.rejections.insert([
      this.rejection(arrival, { reason, pointer: '' }, { text: body, isWhole: true }, this.deps.now()),
    ]);
  }

  private rejection(
    arrival: Omit<Arrival, 'items' | 'text'>,
    why: { reason: string; pointer: string; messageId?: string },
    body: { text: string; isWhole: boolean },
    nowMs: number,
  ): RejectionDocument {
    const text = body.text.replace(anyApiKey, '***');
    return {
      _id: newId('rejection'),
      workspaceId: arrival.workspaceId,
      source: arrival.source,
      reason: why.reason,
      pointer: why.pointer,
      ...(why.messageId === undefined ? {} : { messageId: why.messageId.slice(0, 1000) }),
      body: text.slice(0, maxRejectedBytes),
      isTruncated: !body.isWhole || text.length > maxRejectedBytes,
      ...(arrival.listId === undefined ? {} : { listId: arrival.listId }),
      receivedAt: new Date(nowMs),
    };
  }
}

/** SDKs for browsers repeat the key in every event; what is stored and shown must not hold it. */
function withoutKey(item: unknown): unknown {
  if (!isObject(item) || !Object.hasOwn(item, 'writeKey')) return item;
  const { writeKey: _writeKey, ...rest } = item;
  return rest;
}

/**
 * What is kept of an event that nests too deep to be written again: the body that it came in, but its upper levels
 * when others came with it, so that a small body of many such events is not kept once for each of them.
 */
function deepText(item: unknown, arrival: Arrival): string {
  return arrival.items.length === 1 ? arrival.text : JSON.stringify(prune(item, maxNesting));
}

function tooLarge(item: unknown): Rejected {
  const messageId = messageIdOf(item);
  return {
    status: 'rejected',
    pointer: '',
    reason: 'the event is larger than 32 KB; send less in its traits or properties',
    isTooLarge: true,
    ...(messageId === undefined ? {} : { messageId }),
  };
}

function idOf(result: { messageId?: string }): { messageId?: string } {
  return result.messageId === undefined ? {} : { messageId: result.messageId };
}

/** The events inside a body: one object, an array, or `{batch: […]}`. */
export function itemsOf(body: unknown): { items: unknown[]; isSingle: boolean; sentAt?: unknown } {
  if (Array.isArray(body)) return { items: body, isSingle: false };
  if (isObject(body) && Array.isArray(body['batch']))
    return { items: body['batch'], isSingle: false, sentAt: body['sentAt'] };
  return { items: [body], isSingle: true };
}
