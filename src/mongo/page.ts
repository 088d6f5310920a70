import type { Collection, Document, Filter, WithId } from 'mongodb';

/** Where a page starts: after the row with this time and id, in the order newest first. */
export interface PageStart {
  at: Date;
  id: string;
}

/** One page of a collection, newest first by `timeField` and then by id, so that equal times neither hide nor repeat a row. */
export async function newestFirst<Doc extends Document & { _id: string }>(
  collection: Collection<Doc>,
  filter: Filter<Doc>,
  timeField: string,
  page: { after?: PageStart | undefined; limit: number },
): Promise<WithId<Doc>[]> {
  const { after } = page;
  const older: Document = after
    ? { $or: [{ [timeField]: { $lt: after.at } }, { [timeField]: after.at, _id: { $lt: after.id } }] }
    : {};
  const both: Document = { $and: [filter, older] };
  return collection
    .find(both as Filter<Doc>)
    .sort({ [timeField]: -1, _id: -1 })
    .limit(page.limit)
    .toArray();
}
