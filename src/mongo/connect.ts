import { MongoClient, MongoOperationTimeoutError, MongoServerError, type ClientSession, type Db } from 'mongodb';

/** The product's database with its transactions. Reads and writes fail within seconds when MongoDB is away. */
export interface Database {
  db: Db;
  /** Runs `work` in one transaction and again when it collided with another; `work` must not keep state between runs. */
  transaction<Result>(work: (session: ClientSession) => Promise<Result>): Promise<Result>;
  /** The same, but a document with a key that exists ends it, as the caller knows what to do then. */
  transactionOnce<Result>(work: (session: ClientSession) => Promise<Result>): Promise<Result>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

const answerWithinMs = 4_000;

/**
 * What a CDP waits for: Segment gives up after 5 s, so a MongoDB that hangs must turn into an error before. The
 * driver's own limits only count what it knows to be lost, and it tries again.
 */
export async function inTime<Result>(work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new MongoOperationTimeoutError('MongoDB did not answer in time')), answerWithinMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // Its own end comes later, and nobody waits for it any more.
    work.catch(() => undefined);
  }
}

/** MongoDB's code for a document whose unique key exists. */
export const duplicateKeyCode = 11000;
const maxCollisions = 10;
const reconnectMs = 500;

/** Whether an insert met a document with the same unique key. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === duplicateKeyCode;
}

/** Connects lazily: a MongoDB that is away fails the calls, not the start. The database's name comes from the URI. */
export function openDatabase(uri: string): Database {
  const client = new MongoClient(uri, {
    serverSelectionTimeoutMS: 2_000,
    connectTimeoutMS: 2_000,
    socketTimeoutMS: 30_000,
    heartbeatFrequencyMS: 2_000,
    waitQueueTimeoutMS: 5_000,
    maxPoolSize: 50,
    ignoreUndefined: true,
    // "Accepted means durable": in the journal of a majority before anyone is told.
    writeConcern: { w: 'majority', journal: true },
    readConcern: { level: 'majority' },
  });
  const named = new URL(uri.replace(/^mongodb(\+srv)?:/, 'http:').replace(/,[^/]*/, '')).pathname.slice(1);
  const db = client.db(named === '' ? 'emailsendx' : decodeURIComponent(named));

  // The driver connects by itself only once: had MongoDB not been there then, every call would fail for ever.
  let isClosed = false;
  const connect = async (): Promise<void> => {
    while (!isClosed) {
      try {
        await client.connect();
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, reconnectMs));
      }
    }
  };
  void connect();

  const transactionOnce = <Result>(work: (session: ClientSession) => Promise<Result>): Promise<Result> =>
    client.withSession((session) =>
      session.withTransaction(() => work(session), { readConcern: { level: 'snapshot' } }),
    );
  const transaction = async <Result>(work: (session: ClientSession) => Promise<Result>): Promise<Result> => {
    for (let collisions = 0; ; collisions++) {
      try {
        return await transactionOnce(work);
      } catch (error) {
        // Two transactions made the same new contact: the second finds it on its next run.
        if (!isDuplicateKey(error) || collisions >= maxCollisions) throw error;
      }
    }
  };

  return {
    db,
    transaction,
    transactionOnce,
    ping: async () => {
      await db.command({ ping: 1 }, { timeoutMS: 2_000 });
    },
    close: () => {
      isClosed = true;
      return client.close();
    },
  };
}
