import type { Collection, Document, Filter, FindCursor, WithId } from 'mongodb';

/** Where a page starts: after the row with this time and id, in the order newest first. */
export interface PageStart {
  at: Date;
  id: string;
}

/**
 * One page of a collection, newest first by `timeField` and then by id, so that equal times neither hide nor repeat a
 * row. `index` names the one to read by, where MongoDB has a choice that it would make by how the first rows went;
 * `projection` leaves out what the page does not show.
 */
export async function newestFirst<Doc extends Document & { _id: string }>(
  collection: Collection<Doc>,
  filter: Filter<Doc>,
  timeField: string,
  page: { after?: PageStart | undefined; limit: number },
  index?: string,
  projection?: Document,
): Promise<WithId<Doc>[]> {
  const { after } = page;
  // A range that an index scan can begin at: alternatives ($or) would read and sort everything older.
  const older: Document = after
    ? { [timeField]: { $lte: after.at }, $nor: [{ [timeField]: after.at, _id: { $gte: after.id } }] }
    : {};
  const both: Document = { $and: [filter, older] };
  return collection
    .find(both as Filter<Doc>, {
      ...(index === undefined ? {} : { hint: index }),
      ...(projection ? { projection } : {}),
    })
    .sort({ [timeField]: -1, _id: -1 })
    .limit(page.limit)
    .toArray();
}

/** One page, oldest first by `timeField` and then by id, read by that index; `before` leaves out what is not older. */
export function oldestFirst<Doc extends Document & { _id: string }>(
  collection: Collection<Doc>,
  filter: Filter<Doc>,
  timeField: string,
  page: { before?: Date; after?: PageStart | undefined; limit: number },
  index: string,
): FindCursor<WithId<Doc>> {
  const { before, after } = page;
  const bounds = { ...(before ? { $lt: before } : {}), ...(after ? { $gte: after.at } : {}) };
  const range: Document = before || after ? { [timeField]: bounds } : {};
  const passed: Document = after ? { $nor: [{ [timeField]: after.at, _id: { $lte: after.id } }] } : {};
  const all: Document = { $and: [filter, range, passed] };
  return collection
    .find(all as Filter<Doc>, { hint: index })
    .sort({ [timeField]: 1, _id: 1 })
    .limit(page.limit);
}
