import type { Collection, Db, Document } from 'mongodb';
import { isId } from '../../domain/ids';
import { nameKey } from '../../domain/name-key';
import type { Contact } from '../../domain/contact';
import { contactFrom, type ContactDocument, type ContactFilter } from './contacts';

/** The fields that a text may begin, in the order in which they are gone through. */
const searchedFields = ['email', 'nameKey', 'lastNameKey'] as const;
type SearchedField = (typeof searchedFields)[number];
const indexOf: Record<SearchedField, string> = { email: 'email', nameKey: 'byName', lastNameKey: 'byLastName' };

/** The contact that a search has come to: the field it was found by, what stands there, and its id. */
export interface SearchPlace {
  field: SearchedField;
  value: string;
  id: string;
}
export interface Found {
  contacts: Contact[];
  /** Absent at the end. */
  next?: SearchPlace;
}

/** What one call looks at, whatever a filter leaves of it: a page may be short, and go on all the same. */
export const mostLookedAt = 1_000;

export function isSearchedField(field: string | undefined): field is SearchedField {
  return searchedFields.some((each) => each === field);
}

/**
 * Finds people by what an address, a name or a last name begins with, or by their whole id. In the order of those
 * fields, each alphabetically, so that every step is a short range of an index; who matches by several is found once.
 */
export class ContactSearchStore {
  private readonly collection: Collection<ContactDocument>;

  constructor(db: Db) {
    this.collection = db.collection('contacts');
  }

  async page(
    workspaceId: string,
    text: string,
    where: ContactFilter,
    page: { after?: SearchPlace | undefined; limit: number },
  ): Promise<Found> {
    const asked = readText(text);
    const contacts = page.after ? [] : (await this.byId(workspaceId, asked)).filter((each) => isAmong(each, where));
    let places = 0;
    for (const field of searchedFields.slice(page.after ? searchedFields.indexOf(page.after.field) : 0)) {
      // Of a text without a letter no name key is left.
      if (asked[field] === '') continue;
      const after = page.after?.field === field ? page.after : undefined;
      for await (const row of this.range(workspaceId, field, asked[field], after, mostLookedAt - places)) {
        const place = { field, value: row[field] ?? '', id: row._id };
        places++;
        if (firstField(row, asked) === field && isAmong(row, where)) contacts.push(row);
        if (contacts.length >= page.limit || places >= mostLookedAt) {
          return { contacts: contacts.map(contactFrom), next: place };
        }
      }
    }
    return { contacts: contacts.map(contactFrom) };
  }

  /** Who has exactly this id, ours or that of a CDP. */
  private async byId(workspaceId: string, asked: Asked): Promise<ContactDocument[]> {
    const { whole } = asked;
    const [byOurs, byTheirs] = await Promise.all([
      isId('contact', whole) ? this.collection.findOne({ _id: whole, workspaceId }) : null,
      this.collection.findOne({ workspaceId, 'externalIds.id': whole }),
    ]);
    // By another field they are found below.
    return [byOurs ?? byTheirs].flatMap((found) => (found && !firstField(found, asked) ? [found] : []));
  }

  private range(
    workspaceId: string,
    field: SearchedField,
    prefix: string,
    after: SearchPlace | undefined,
    limit: number,
  ): AsyncIterable<ContactDocument> {
    const range: Document = { $gte: after?.value ?? prefix, $lt: `${prefix}\u{10ffff}` };
    const passed: Document = after ? { $nor: [{ [field]: after.value, _id: { $lte: after.id } }] } : {};
    return this.collection
      .find({ workspaceId, [field]: range, ...passed }, { hint: indexOf[field] })
      .sort(field === 'email' ? { email: 1 } : { [field]: 1, _id: 1 })
      .limit(limit)
      .batchSize(100);
  }
}

/** What was typed in, as each field holds it. */
type Asked = Record<SearchedField | 'whole', string>;
function readText(text: string): Asked {
  const whole = text.trim();
  const name = nameKey(whole);
  return { whole, email: whole.toLowerCase(), nameKey: name, lastNameKey: name };
}

/** The field that a contact is found by: the first one that matches. */
function firstField(row: ContactDocument, asked: Asked): SearchedField | undefined {
  return searchedFields.find((field) => asked[field] !== '' && row[field]?.startsWith(asked[field]));
}

function isAmong(row: ContactDocument, { listId, status, email, userId }: ContactFilter): boolean {
  return (
    (listId === undefined || row.listIds.includes(listId)) &&
    (status === undefined || row.status === status) &&
    (email === undefined || row.email === email) &&
    (userId === undefined || row.externalIds.some(({ id }) => id === userId))
  );
}
