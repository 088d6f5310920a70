import { createHash, randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { messageKey, workflowIds } from '../../domain/ids';
import { isDeeperThan, isObject } from '../../domain/json';
import { maxNesting, readMessage, type ReadMessage } from '../../domain/message';
import type { MessageDocument, MessageSource, MessageStore } from '../mongo/messages';
import { newId } from '../mongo/new-id';
import type { RejectionDocument, RejectionStore } from '../mongo/rejections';
import type { StartLane } from './start-lane';

/** Segment's and RudderStack's own limit for one event. */
export const maxEventBytes = 32 * 1024;
const maxRejectedBytes = maxEventBytes;

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
  | { status: 'rejected'; messageId?: string; reason: string; pointer: string };

/** Takes events in: judges each, stores the good ones durably and the bad ones for inspection, and starts the work. */
export class Receiver {
  constructor(
    private readonly deps: {
      messages: MessageStore;
      rejections: RejectionStore;
      lane: StartLane;
      now: () => number;
      logger: Logger;
      onReceipts: (receipts: readonly Receipt[]) => void;
    },
  ) {}

  /** One receipt for each item, in their order. When this returns, whatever is `accepted` is in the journal. */
  async receive(arrival: Arrival): Promise<Receipt[]> {
    const nowMs = this.deps.now();
    const judged = arrival.items.map((item) => this.judge(item, arrival, nowMs));
    const documents = new Map<string, MessageDocument>();
    for (const { document } of judged)
      if (document && !documents.has(document._id)) documents.set(document._id, document);

    const known = await this.deps.messages.insert([...documents.values()]);
    const fresh = [...documents.values()].filter(({ _id }) => !known.has(_id));
    this.deps.lane.add(fresh.map(({ _id, type }) => ({ key: _id, type })));
    await this.keepRejections(arrival, judged, nowMs);

    const seen = new Set(known);
    const receipts = judged.map(({ document, receipt }): Receipt => {
      if (!document || receipt.status !== 'accepted') return receipt;
      const isRepeated = seen.has(document._id);
      seen.add(document._id);
      return isRepeated ? { ...receipt, status: 'duplicate' } : receipt;
    });
    this.deps.onReceipts(receipts);
    return receipts;
  }

  private judge(
    item: unknown,
    arrival: Arrival,
    nowMs: number,
  ): { receipt: Receipt; document?: MessageDocument; item: unknown } {
    const body = textOf(item, arrival);
    const result = tooLarge(body) ?? readMessage(item, { atMs: nowMs, sentAt: arrival.sentAt });
    if (result.kind === 'ignored') return { item, receipt: { status: 'ignored', ...idOf(result) } };
    if (result.kind === 'rejected') {
      return { item, receipt: { status: 'rejected', reason: result.reason, pointer: result.pointer, ...idOf(result) } };
    }
    // A message without an id that says when it happened is the same message when it comes again.
    const messageId = result.messageId ?? (result.occurredAtMs === undefined ? randomUUID() : sha256Hex(body));
    const key = messageKey(arrival.workspaceId, messageId, sha256Hex);
    const { type } = result.message;
    const document: MessageDocument = {
      _id: key,
      workspaceId: arrival.workspaceId,
      messageId,
      type,
      source: arrival.source,
      body,
      ...(arrival.listId === undefined || type === 'track' ? {} : { listId: arrival.listId }),
      receivedAt: new Date(nowMs),
      occurredAt: new Date(result.occurredAtMs ?? nowMs),
      state: 'received',
    };
    const workflowId = type === 'identify' ? workflowIds.contactUpsert(key) : workflowIds.customEvent(key);
    return { item, document, receipt: { status: 'accepted', messageId, workflowId } };
  }

  private async keepRejections(
    arrival: Arrival,
    judged: { receipt: Receipt; item: unknown }[],
    nowMs: number,
  ): Promise<void> {
    const rejections = judged.flatMap(({ receipt, item }): RejectionDocument[] =>
      receipt.status === 'rejected' ? [this.rejection(arrival, receipt, textOf(item, arrival), nowMs)] : [],
    );
    await this.deps.rejections.insert(rejections);
  }

  /** Keeps a body that is not even JSON. */
  async reject(arrival: Omit<Arrival, 'items' | 'text'>, body: string, reason: string): Promise<void> {
    await this.deps.rejections.insert([this.rejection(arrival, { reason, pointer: '' }, body, this.deps.now())]);
  }

  private rejection(
    arrival: Omit<Arrival, 'items' | 'text'>,
    why: { reason: string; pointer: string; messageId?: string },
    body: string,
    nowMs: number,
  ): RejectionDocument {
    return {
      _id: newId('rejection'),
      workspaceId: arrival.workspaceId,
      source: arrival.source,
      reason: why.reason,
      pointer: why.pointer,
      ...(why.messageId === undefined ? {} : { messageId: why.messageId.slice(0, 1000) }),
      body: body.slice(0, maxRejectedBytes),
      isTruncated: body.length > maxRejectedBytes,
      ...(arrival.listId === undefined ? {} : { listId: arrival.listId }),
      receivedAt: new Date(nowMs),
    };
  }
}

/** An event as text. One that nests too deep to be written again is kept as the body that it came in. */
function textOf(item: unknown, arrival: Arrival): string {
  return isDeeperThan(item, maxNesting) ? arrival.text : (JSON.stringify(item) ?? 'null');
}

function tooLarge(body: string): ReadMessage | undefined {
  if (Buffer.byteLength(body) <= maxEventBytes) return undefined;
  return {
    kind: 'rejected',
    pointer: '',
    reason: 'the event is larger than 32 KB; send less in its traits or properties',
  };
}

function idOf(result: { messageId?: string }): { messageId?: string } {
  return result.messageId === undefined ? {} : { messageId: result.messageId };
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The events inside a body: one object, an array, or `{batch: […]}`. */
export function itemsOf(body: unknown): { items: unknown[]; isSingle: boolean; sentAt?: unknown } {
  if (Array.isArray(body)) return { items: body, isSingle: false };
  if (isObject(body) && Array.isArray(body['batch']))
    return { items: body['batch'], isSingle: false, sentAt: body['sentAt'] };
  return { items: [body], isSingle: true };
}
