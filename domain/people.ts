import type { Contact } from './contact';

/** The user ids that one contact keeps, newest last; a shared mailbox must not grow its document without end. */
export const maxExternalIds = 100;

/** The contacts of a fold by id, email and external id, as the messages so far have left them. */
export class People {
  private readonly byIds = new Map<string, Contact>();
  private readonly emails = new Map<string, string>();
  private readonly userIds = new Map<string, string>();
  private readonly createdIds = new Set<string>();
  private readonly changedIds = new Set<string>();
  private readonly robbedIds = new Set<string>();

  constructor(contacts: readonly Contact[]) {
    for (const contact of contacts) this.index(contact);
  }

  byEmail(email: string): Contact | undefined {
    return this.get(this.emails.get(email));
  }

  byUserId(userId: string | undefined): Contact | undefined {
    return userId === undefined ? undefined : this.get(this.userIds.get(userId));
  }

  /** Email first: it decides the contact. */
  find(sender: { email?: string; userId?: string }): Contact | undefined {
    return (sender.email === undefined ? undefined : this.byEmail(sender.email)) ?? this.byUserId(sender.userId);
  }

  put(contact: Contact, isNew: boolean): void {
    this.index(contact);
    if (isNew) this.createdIds.add(contact.id);
    else if (!this.createdIds.has(contact.id)) this.changedIds.add(contact.id);
  }

  /** Ties a user id to a contact; it moves from another contact only by a message that is not older than its tie. */
  claim(contactId: string, userId: string, atMs: number): void {
    const owner = this.byUserId(userId);
    const tie = owner?.externalIds.find(({ id }) => id === userId);
    if (tie && tie.atMs > atMs) return;
    if (owner && owner.id !== contactId) {
      this.put({ ...owner, externalIds: owner.externalIds.filter(({ id }) => id !== userId) }, false);
      this.robbedIds.add(owner.id);
    }
    const contact = this.get(contactId);
    if (!contact) return;
    const others = contact.externalIds.filter(({ id }) => id !== userId);
    this.put({ ...contact, externalIds: [...others, { id: userId, atMs }].slice(-maxExternalIds) }, false);
  }

  created(): Contact[] {
    return this.all(this.createdIds);
  }

  changed(): Contact[] {
    return this.all(this.changedIds);
  }

  robbed(): string[] {
    return [...this.robbedIds].filter((id) => this.changedIds.has(id));
  }

  private index(contact: Contact): void {
    this.byIds.set(contact.id, contact);
    this.emails.set(contact.email, contact.id);
    for (const { id } of contact.externalIds) this.userIds.set(id, contact.id);
  }

  private get(id: string | undefined): Contact | undefined {
    return id === undefined ? undefined : this.byIds.get(id);
  }

  private all(ids: ReadonlySet<string>): Contact[] {
    return [...ids].flatMap((id) => this.get(id) ?? []);
  }
}
