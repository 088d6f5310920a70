import { randomUUID } from 'node:crypto';
import type { Collection, Db, IndexDescription } from 'mongodb';
import type { WebhookEventType } from '../../domain/webhook-events';
import { isDuplicateKey } from './connect';
import { newId } from './new-id';
import type { SecretBox } from './secret-box';

/** A machine on which `esx listen` runs. */
export interface ListenerDocument {
  _id: string;
  workspaceId: string;
  /** What tells it from others: the name of the machine. */
  name: string;
  forwardTo: string;
  events: WebhookEventType[];
  /** Takes only what is sent to it by hand. */
  onlySent: boolean;
  since: Date;
  seenAt: Date;
  /** The connection that it has now, whichever gateway holds it; absent while it has none. */
  connection?: string;
}

/** Long enough to come back under the same id, and so to get what was sent to it meanwhile. */
const keptSeconds = 3_600;

export const listenerIndexes: IndexDescription[] = [
  { key: { workspaceId: 1, since: -1, _id: -1 }, name: 'newest' },
  { key: { seenAt: 1 }, name: 'expiry', expireAfterSeconds: keptSeconds },
];

/** Gateways that were killed leave their listeners behind: one that was not seen for so long is not connected. */
const silentMs = 20_000;

export class ListenerStore {
  private readonly collection: Collection<ListenerDocument>;

  constructor(
    db: Db,
    private readonly box: SecretBox,
  ) {
    this.collection = db.collection('listeners');
  }

  /** What requests to listeners are signed with: the same after every restart, and in no database. */
  sessionSecret(workspaceId: string): string {
    return `whsec_${Buffer.from(this.box.digest(`listen ${workspaceId}`), 'hex').toString('base64')}`;
  }

  /** Notes a connection. One that names its id of before gets it again, and takes the place of what it was. */
  async connect(
    listener: Omit<ListenerDocument, '_id' | 'seenAt' | 'connection'>,
    formerId: string | undefined,
  ): Promise<ListenerDocument> {
    const { workspaceId, since, ...rest } = listener;
    const id = formerId ?? newId('listener');
    try {
      const connected = await this.collection.findOneAndUpdate(
        { _id: id, workspaceId },
        { $set: { ...rest, seenAt: since, connection: randomUUID() }, $setOnInsert: { since } },
        { upsert: true, returnDocument: 'after' },
      );
      if (connected) return connected;
    } catch (error) {
      // The id of another workspace.
      if (!isDuplicateKey(error) || formerId === undefined) throw error;
    }
    return this.connect(listener, undefined);
  }

  /** Whether this is still the listener's connection. */
  async isStillConnected({ _id, connection }: ListenerDocument, at: Date): Promise<boolean> {
    const noted = await this.collection.updateOne({ _id, ...of(connection) }, { $set: { seenAt: at } });
    return noted.matchedCount === 1;
  }

  async disconnect({ _id, connection }: ListenerDocument): Promise<void> {
    await this.collection.updateOne({ _id, ...of(connection) }, { $unset: { connection: true } });
  }

  /** Who listens now, the newest first. */
  async connected(workspaceId: string, now: Date): Promise<ListenerDocument[]> {
    const rows = await this.collection.find({ workspaceId }).sort({ since: -1, _id: -1 }).limit(100).toArray();
    return rows.filter(
      ({ connection, seenAt }) => connection !== undefined && now.getTime() - seenAt.getTime() < silentMs,
    );
  }
}

function of(connection: string | undefined): { connection?: string } {
  return connection === undefined ? {} : { connection };
}
