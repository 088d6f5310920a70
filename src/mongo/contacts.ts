import type { AnyBulkWriteOperation, ClientSession, Collection, Db, Filter, IndexDescription } from 'mongodb';
import { contactStatuses, type Contact, type ContactStatus } from '../../domain/contact';
import { nameKeysOf } from '../../domain/name-key';
import { newestFirst, type PageStart } from './page';
import { decodeKeys, encodeKeys } from './safe-keys';
import type { JsonObject } from '../../domain/json';

export interface ContactDocument extends Omit<Contact, 'id' | 'changedAtMs' | 'createdAtMs' | 'updatedAtMs'> {
  _id: string;
  changedAtMs: JsonObject;
  createdAt: Date;
  updatedAt: Date;
  /** To search by: see name-key.ts. Absent where there is no name. */
  nameKey?: string;
  lastNameKey?: string;
}

export const contactIndexes: IndexDescription[] = [
  { key: { workspaceId: 1, email: 1 }, name: 'email', unique: true },
  {
    key: { workspaceId: 1, 'externalIds.id': 1 },
    name: 'externalId',
    unique: true,
    partialFilterExpression: { 'externalIds.id': { $exists: true } },
  },
  // The list, and the list of a status: every list names its statuses.
  { key: { workspaceId: 1, status: 1, createdAt: -1, _id: -1 }, name: 'newest' },
  // Only who is on a list.
  {
    key: { workspaceId: 1, listIds: 1, status: 1, createdAt: -1, _id: -1 },
    name: 'byList',
    partialFilterExpression: { listIds: { $gt: '' } },
  },
  // Campaigns, through everyone on their lists.
  {
    key: { workspaceId: 1, listIds: 1, _id: 1 },
    name: 'audience',
    partialFilterExpression: { listIds: { $gt: '' } },
  },
  // The search; who has no name costs nothing here.
  {
    key: { workspaceId: 1, nameKey: 1, _id: 1 },
    name: 'byName',
    partialFilterExpression: { nameKey: { $gt: '' } },
  },
  {
    key: { workspaceId: 1, lastNameKey: 1, _id: 1 },
    name: 'byLastName',
    partialFilterExpression: { lastNameKey: { $gt: '' } },
  },
];

function toDocument(contact: Contact): ContactDocument {
  const { id, changedAtMs, createdAtMs, updatedAtMs, ...rest } = contact;
  return {
    _id: id,
    ...rest,
    ...nameKeysOf(contact),
    metadata: encodeKeys(contact.metadata),
    changedAtMs: encodeKeys(changedAtMs),
    createdAt: new Date(createdAtMs),
    updatedAt: new Date(updatedAtMs),
  };
}

export function contactFrom({
  _id,
  createdAt,
  updatedAt,
  nameKey: _nameKey,
  lastNameKey: _lastNameKey,
  ...rest
}: ContactDocument): Contact {
  const times = Object.entries(decodeKeys(rest.changedAtMs)).map(([field, ms]) => [field, Number(ms)] as const);
  return {
    id: _id,
    ...rest,
    metadata: decodeKeys(rest.metadata),
    changedAtMs: Object.fromEntries(times),
    createdAtMs: createdAt.getTime(),
    updatedAtMs: updatedAt.getTime(),
  };
}

/** People, by email and external id. Writes that cause webhook events happen in a caller's transaction. */
export class ContactStore {
  readonly collection: Collection<ContactDocument>;

  constructor(db: Db) {
    this.collection = db.collection('contacts');
  }

  async get(workspaceId: string, id: string, session?: ClientSession): Promise<Contact | undefined> {
    const document = await this.collection.findOne({ _id: id, workspaceId }, session ? { session } : {});
    return document ? contactFrom(document) : undefined;
  }

  async byIds(workspaceId: string, ids: string[], session?: ClientSession): Promise<Contact[]> {
    if (ids.length === 0) return [];
    const filter = { _id: { $in: ids }, workspaceId };
    return (await this.collection.find(filter, session ? { session } : {}).toArray()).map(contactFrom);
  }

  /** The contacts that any of these emails or external ids belong to. */
  async find(
    workspaceId: string,
    who: { emails: string[]; userIds: string[] },
    session?: ClientSession,
  ): Promise<Contact[]> {
    const either: Filter<ContactDocument>[] = [];
    if (who.emails.length > 0) either.push({ workspaceId, email: { $in: who.emails } });
    if (who.userIds.length > 0) either.push({ workspaceId, 'externalIds.id': { $in: who.userIds } });
    if (either.length === 0) return [];
    const documents = await this.collection.find({ $or: either }, session ? { session } : {}).toArray();
    return documents.map(contactFrom);
  }

  /** Writes new and changed contacts; external ids are unique, so those that lost one are cleared first. */
  async save(
    contacts: { created: Contact[]; changed: Contact[]; robbedIds: string[] },
    session: ClientSession,
  ): Promise<void> {
    const clear = contacts.robbedIds.map((id): AnyBulkWriteOperation<ContactDocument> => ({
      updateOne: { filter: { _id: id }, update: { $set: { externalIds: [] } } },
    }));
    const insert = contacts.created.map((contact): AnyBulkWriteOperation<ContactDocument> => ({
      insertOne: { document: toDocument(contact) },
    }));
    const replace = contacts.changed.map((contact): AnyBulkWriteOperation<ContactDocument> => ({
      replaceOne: { filter: { _id: contact.id }, replacement: toDocument(contact) },
    }));
    const writes = [...clear, ...replace, ...insert];
    if (writes.length > 0) await this.collection.bulkWrite(writes, { session, ordered: true });
  }

  async setList(workspaceId: string, id: string, listId: string, isMember: boolean): Promise<void> {
    const change = isMember ? { $addToSet: { listIds: listId } } : { $pull: { listIds: listId } };
    await this.collection.updateOne({ _id: id, workspaceId }, change);
  }

  async delete(workspaceId: string, id: string, session?: ClientSession): Promise<boolean> {
    const options = session ? { session } : {};
    return (await this.collection.deleteOne({ _id: id, workspaceId }, options)).deletedCount === 1;
  }

  /** Takes a list off every contact that is on it. */
  async takeOffList(workspaceId: string, listId: string): Promise<void> {
    await this.collection.updateMany({ workspaceId, listIds: listId }, { $pull: { listIds: listId } });
  }

  /** The contacts on any of the lists, each once, in the order of their ids. */
  async audiencePage(
    workspaceId: string,
    listIds: string[],
    afterId: string | undefined,
    limit: number,
  ): Promise<Pick<Contact, 'id' | 'email' | 'status'>[]> {
    if (listIds.length === 0) return [];
    const rows = await this.collection
      .find(
        { workspaceId, listIds: { $in: listIds }, ...(afterId === undefined ? {} : { _id: { $gt: afterId } }) },
        { hint: 'audience' },
      )
      .sort({ _id: 1 })
      .limit(limit)
      .project<Pick<ContactDocument, '_id' | 'email' | 'status'>>({ email: 1, status: 1 })
      .toArray();
    return rows.map(({ _id, email, status }) => ({ id: _id, email, status }));
  }

  /** How many contacts are on any of the lists. */
  async audienceSize(workspaceId: string, listIds: string[]): Promise<number> {
    if (listIds.length === 0) return 0;
    return this.collection.countDocuments({ workspaceId, listIds: { $in: listIds } }, { hint: 'audience' });
  }

  /** How many contacts are on a list, counted by their keys alone; at most `most`. */
  async listSize(workspaceId: string, listId: string, most: number): Promise<number> {
    const bound = Number.isFinite(most) ? { limit: most } : {};
    return this.collection.countDocuments({ workspaceId, listIds: listId }, { hint: 'audience', ...bound });
  }

  /** A page of contacts, newest first. */
  async page(
    workspaceId: string,
    where: ContactFilter,
    page: { after?: PageStart | undefined; limit: number },
  ): Promise<Contact[]> {
    const { listId, status, email, userId } = where;
    const filter: Filter<ContactDocument> = {
      workspaceId,
      status: status === undefined ? { $in: [...contactStatuses] } : status,
      ...(listId === undefined ? {} : { listIds: listId }),
      ...(email === undefined ? {} : { email }),
      ...(userId === undefined ? {} : { 'externalIds.id': userId }),
    };
    // Whoever has an address or an id is one at most.
    const index = email !== undefined ? 'email' : userId !== undefined ? 'externalId' : listId ? 'byList' : 'newest';
    return (await newestFirst(this.collection, filter, 'createdAt', page, index)).map(contactFrom);
  }
}

/** What lists of contacts are narrowed by. */
export interface ContactFilter {
  listId?: string;
  status?: ContactStatus;
  email?: string;
  userId?: string;
}
