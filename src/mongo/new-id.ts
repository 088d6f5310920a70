import { randomBytes } from 'node:crypto';
import { ObjectId } from 'mongodb';
import { makeId, type IdKind } from '../../domain/ids';

/** A fresh id of that kind. ObjectIds grow with time, so that new documents land together at the end of an index. */
export function newId(kind: IdKind): string {
  const hex = new ObjectId().toHexString();
  return makeId(kind, kind === 'email' ? unguessable(hex) : hex);
}

/**
 * Recipients know the ids of their emails, and mailed reports that name one are believed: so none may tell another. Its
 * time and its number stay, in their order; what was the same in all of a process is drawn anew.
 */
function unguessable(hex: string): string {
  return hex.slice(0, 8) + hex.slice(18) + randomBytes(5).toString('hex');
}
