import { ObjectId } from 'mongodb';
import { makeId, type IdKind } from '../../domain/ids';

/** A fresh id of that kind. ObjectIds grow with time, so that new documents land together at the end of an index. */
export function newId(kind: IdKind): string {
  return makeId(kind, new ObjectId().toHexString());
}
