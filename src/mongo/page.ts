import type { Collection, Document, Filter, WithId } from 'mongodb';

/** Where a page starts: after the row with this time and id, in the order newest first. */
export interface PageStart {
  at: Date;
  id: string;
}

/**
 * One page of a collection, newest first by `timeField` and then by id, so that equal times neither hide nor repeat a
 * row. `index` names the one to read by, where MongoDB has a choice that it would make by how the first rows went.
 */
export async function newestFirst<Doc extends Document & { _id: string }>(
  collection: Collection<Doc>,
  filter: Filter<Doc>,
  timeField: string,
  page: { after?: PageStart | undefined; limit: number },
  index?: string,
): Promise<WithId<Doc>[]> {
  const { after } = page;
  // A range that an index scan can begin at: alternatives ($or) would read and sort everything older.
  const older: Document = after
    ? { [timeField]: { $lte: after.at }, $nor: [{ [timeField]: after.at, _id: { $gte: after.id } }] }
    : {};
  const both: Document = { $and: [filter, older] };
  return collection
    .find(both as Filter<Doc>, index === undefined ? {} : { hint: index })
    .sort({ [timeField]: -1, _id: -1 })
    .limit(page.limit)
    .toArray();
}
