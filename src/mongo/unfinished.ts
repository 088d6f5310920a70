import type { Collection, Filter, UpdateFilter } from 'mongodb';

/** An entry of an inbox, of which the sweep starts what nobody else has. */
interface InboxEntry {
  _id: string;
  state: string;
  receivedAt: Date;
  /** When the sweep last started it. */
  sweptAt?: Date;
}
/** How long an entry is not handed out again. */
const sweepAgainMs = 60_000;

/** Keys of unfinished entries stored before `before`, oldest first; each is handed out once a minute at most. */
export async function claimUnfinished<Entry extends InboxEntry>(
  collection: Collection<Entry>,
  before: Date,
  now: Date,
  limit: number,
): Promise<string[]> {
  const isDue: Filter<InboxEntry> = {
    state: 'received',
    receivedAt: { $lt: before },
    sweptAt: { $not: { $gt: new Date(now.getTime() - sweepAgainMs) } },
  };
  const rows = await collection
    .find(isDue as Filter<Entry>)
    .sort({ receivedAt: 1 })
    .limit(limit)
    .project<{ _id: string }>({ _id: 1 })
    .toArray();
  const keys = rows.map(({ _id }) => _id);
  const isOne: Filter<InboxEntry> = { _id: { $in: keys } };
  const swept: UpdateFilter<InboxEntry> = { $set: { sweptAt: now } };
  if (keys.length > 0) await collection.updateMany(isOne as Filter<Entry>, swept as UpdateFilter<Entry>);
  return keys;
}
