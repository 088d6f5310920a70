import { isObject } from './json';

/** pending: the contact is gone, the rest is not begun · running · completed: nothing of the person is left. */
export const erasureStatuses = ['pending', 'running', 'completed'] as const;
export type ErasureStatus = (typeof erasureStatuses)[number];

/** What is removed of a person, besides the contact itself. */
export const erasedKinds = [
  'messages',
  'webhookEvents',
  'deliveries',
  'automationRuns',
  'emails',
  'emailEvents',
  'waiters',
  'rejections',
  'answers',
  'importLines',
  'signups',
  'mails',
] as const;
export type ErasedKind = (typeof erasedKinds)[number];
export type ErasedCounts = { [Kind in ErasedKind]?: number };

/** Whom an erasure is about: what the stores are searched for, and kept no longer than that takes. */
export interface Person {
  workspaceId: string;
  contactId: string;
  emails: string[];
  userIds: string[];
}

/** What stands in the place of what was erased. */
export const erasedText = 'erased';
export const erasedBody = JSON.stringify({ erased: true });

/** Names under which a CDP sends a person's id: elsewhere the same text may mean something else. */
const idKeys: ReadonlySet<string> = new Set([
  'userId',
  'user_id',
  'userIds',
  'previousId',
  'previous_id',
  'anonymousId',
]);

/** Whether a text, mostly JSON, speaks of the person. */
export function mentions(text: string, person: Pick<Person, 'contactId' | 'emails' | 'userIds'>): boolean {
  const hasAddress = (part: string): boolean => {
    const lower = part.toLowerCase();
    return person.emails.some((email) => lower.includes(email));
  };
  const parsed = tryJson(text);
  // Cut off, or never JSON: better too much than too little.
  if (parsed === undefined) return hasAddress(text) || person.userIds.some((id) => text.includes(JSON.stringify(id)));

  // Not recursive: what was refused may nest as deep as it likes.
  const open: { key: string; value: unknown }[] = [{ key: '', value: parsed }];
  for (let part = open.pop(); part; part = open.pop()) {
    const { key, value } = part;
    if (typeof value === 'string' || typeof value === 'number') {
      const plain = String(value);
      if (hasAddress(plain) || plain === person.contactId) return true;
      if (idKeys.has(key) && person.userIds.includes(plain)) return true;
    } else if (Array.isArray(value)) {
      for (const item of value) open.push({ key, value: item });
    } else if (isObject(value)) {
      for (const [name, item] of Object.entries(value)) {
        if (hasAddress(name)) return true;
        open.push({ key: name, value: item });
      }
    }
  }
  return false;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
