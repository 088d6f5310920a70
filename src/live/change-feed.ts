import { setTimeout as pause } from 'node:timers/promises';
import {
  MongoServerError,
  Timestamp,
  type ChangeStream,
  type ChangeStreamOptions,
  type Db,
  type ResumeToken,
} from 'mongodb';
import type { Logger } from 'pino';
import { topicCollections, topicOf, topics, type Change } from './topics';

/** What the stream below is projected to. */
interface ChangeRow {
  _id: ResumeToken;
  ns: { coll: string };
  documentKey: { _id: string };
  fullDocument?: { workspaceId?: string };
}

/**
 * Deletions are not told: what expires goes in floods. The whole document comes with an insert anyway, and stays in the
 * database but for its workspace; to look it up for each update would cost a read for each.
 */
const pipeline = [
  {
    $match: {
      'ns.coll': { $in: topics.map((topic) => topicCollections[topic]) },
      operationType: { $in: ['insert', 'update', 'replace'] },
    },
  },
  { $project: { ns: 1, documentKey: 1, 'fullDocument.workspaceId': 1 } },
];

/** MongoDB's codes for a place that it cannot go on from: a broken stream, an unknown place, one too long ago. */
const forgottenCodes: ReadonlySet<unknown> = new Set([280, 260, 286]);
const reopenAfterMs = 1_000;
/** How long an answer without changes may take: the time within which a closed stream is let go. */
const awaitMs = 1_000;

export interface FeedListener {
  onChange: (change: Change) => void;
  /** Something may have been missed. */
  onGap: () => void;
}
export interface Feed {
  close(): Promise<void>;
}
export type OpenFeed = (listener: FeedListener) => Promise<Feed>;

/** Opens change streams over what can be listened to. Once the promise holds, nothing that is written later is missed. */
export function createChangeFeeds(db: Db, logger: Logger): OpenFeed {
  return async (listener) => {
    const feed = new ChangeFeed(db, logger, listener);
    await feed.open();
    return feed;
  };
}

class ChangeFeed implements Feed {
  private stream: ChangeStream<ChangeRow, ChangeRow> | undefined;
  private isClosed = false;
  private running: Promise<void> | undefined;

  constructor(
    private readonly db: Db,
    private readonly logger: Logger,
    private readonly listener: FeedListener,
  ) {}

  async open(): Promise<void> {
    const startAtOperationTime = await this.clock();
    this.running = this.run({ startAtOperationTime });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.stream?.close().catch(() => undefined);
    await this.running;
  }

  /** The database's own time: a stream begins there, however long it takes to be opened. */
  private async clock(): Promise<Timestamp> {
    const { operationTime } = await this.db.command({ ping: 1 }, { timeoutMS: 2_000 });
    if (!(operationTime instanceof Timestamp)) throw new Error('MongoDB is no replica set: it has no operation time');
    return operationTime;
  }

  private async run(from: ChangeStreamOptions): Promise<void> {
    let start = from;
    while (!this.isClosed) {
      const stream = this.db.watch<ChangeRow, ChangeRow>(pipeline, { ...start, maxAwaitTimeMS: awaitMs });
      this.stream = stream;
      try {
        for await (const row of stream) this.take(row);
      } catch (error) {
        if (this.isClosed) break;
        this.logger.warn({ err: error }, 'live.reopened');
        start = await this.nextStart(error, stream.resumeToken, start);
      } finally {
        await stream.close().catch(() => undefined);
      }
    }
  }

  /** After the last change that was seen; where the database has forgotten that, from now on, which leaves a gap. */
  private async nextStart(
    error: unknown,
    token: ResumeToken,
    before: ChangeStreamOptions,
  ): Promise<ChangeStreamOptions> {
    await pause(reopenAfterMs, undefined, { ref: false });
    if (!isForgotten(error)) return token === undefined ? before : { resumeAfter: token };
    const startAtOperationTime = await this.clock().catch(() => undefined);
    if (startAtOperationTime === undefined) return before;
    this.listener.onGap();
    return { startAtOperationTime };
  }

  private take({ ns, documentKey: { _id: key }, fullDocument }: ChangeRow): void {
    const topic = topicOf(ns.coll);
    if (topic === undefined) return;
    const workspaceId = fullDocument?.workspaceId ?? (topic === 'events' ? key.slice(0, key.indexOf('/')) : undefined);
    this.listener.onChange({ topic, key, ...(workspaceId === undefined ? {} : { workspaceId }) });
  }
}

function isForgotten(error: unknown): boolean {
  return error instanceof MongoServerError && forgottenCodes.has(error.code);
}
