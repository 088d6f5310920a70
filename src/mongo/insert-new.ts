import {
  MongoBulkWriteError,
  type Collection,
  type Document,
  type OptionalUnlessRequiredId,
  type WriteError,
} from 'mongodb';
import { duplicateKeyCode } from './connect';

/**
 * Inserts documents, passing over those whose key exists; for each whether it was there already. Not for a transaction,
 * which a key that exists would end.
 */
export async function insertNew<Doc extends Document>(
  collection: Collection<Doc>,
  documents: OptionalUnlessRequiredId<Doc>[],
): Promise<boolean[]> {
  const isKnown = documents.map(() => false);
  try {
    await collection.insertMany(documents, { ordered: false });
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error;
    const failures = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
    // The driver wraps a lost connection in the same class, without a single write error: nothing is known to be stored.
    if (failures.length === 0 || failures.some(({ code }) => code !== duplicateKeyCode)) throw error;
    if (error.result.getWriteConcernError() !== undefined) throw error;
    failures.forEach(({ index }: WriteError) => (isKnown[index] = true));
  }
  return isKnown;
}
