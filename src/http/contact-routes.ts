import { z } from 'zod';
import { contactStatuses, type Contact, type ContactPatch } from '../../domain/contact';
import { normalizeEmail } from '../../domain/email-address';
import type { ContactWrite, ContactWrites } from '../mongo/contact-writes';
import type { ContactSearchStore } from '../mongo/contact-search';
import type { ContactStore } from '../mongo/contacts';
import type { ListStore } from '../mongo/lists';
import { contactRefs } from '../mongo/waiters';
import type { AfterCommit } from './after-commit';
import { bodyOf } from './body-schema';
import { checkedLists, listIdsField } from './checked-lists';
import { contactSchema, jsonObjectField, placeOfContact, showContact } from './contact-schema';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { notFound, Problem } from './problem';
import { route, type Route } from './route';
import { readSearchCursor, writeSearchCursor } from './search-cursor';

const email = z.string({ error: 'must be an email address, such as ada@example.com' }).transform((text, context) => {
  const address = normalizeEmail(text);
  if (address !== undefined) return address;
  context.addIssue({
    code: 'custom',
    message: 'must be an email address, such as ada@example.com (in a URL, + is %2B)',
  });
  return z.NEVER;
});
const personName = z
  .string({ error: 'must be a text, or null for none' })
  .max(1_000, { error: 'must have at most 1000 characters' })
  .nullable()
  .transform((name) => (name === '' ? null : name));
const userId = z
  .string({ error: 'must be a text: the id that your CDP knows this person by' })
  .min(1, { error: 'must not be empty; leave it out instead' })
  .max(1_000, { error: 'must have at most 1000 characters' });
const metadata = jsonObjectField.describe('Anything that you know of this person');

const listQuery = z.object({
  ...pageQuery,
  email: email.optional().describe('The contact with exactly this address'),
  userId: z.string().optional().describe('The contact that a CDP knows by this id'),
  search: z
    .string()
    .trim()
    .max(254, { error: 'must have at most 254 characters' })
    .optional()
    .describe(
      'The start of an email address, of a name or of a last name, or a whole id; the rows come in that order, and a page may be short',
    ),
  listId: z.string().optional().describe('Contacts on this list'),
  status: z.enum(contactStatuses, { error: `must be one of ${contactStatuses.join(', ')}` }).optional(),
});
const newBody = bodyOf({
  email,
  firstName: personName.optional(),
  lastName: personName.optional(),
  metadata: metadata.optional(),
  listIds: listIdsField.optional(),
  userId: userId.optional(),
  source: z
    .enum(['api', 'manual'], { error: 'must be api or manual' })
    .default('api')
    .describe('manual: a person has typed it in'),
});
const changeBody = bodyOf({
  firstName: personName.optional(),
  lastName: personName.optional(),
  metadata: metadata.optional().describe('Merged key by key; null removes a key'),
  status: z.enum(['active', 'unsubscribed'], { error: 'must be active or unsubscribed' }).optional(),
  listIds: listIdsField.optional().describe('All lists that the contact is to be on'),
});

export interface ContactRouteDeps {
  contacts: ContactStore;
  contactSearch: ContactSearchStore;
  lists: ListStore;
  writes: ContactWrites;
  /** Dispatches the events and wakes tracks that wait for the contact; never rejects. */
  afterCommit: AfterCommit;
  /** Best effort: what is stored and not started is started by the sweep. */
  startErasure: (contactId: string) => void;
  now: () => number;
}

/** The people of a workspace. */
export function contactRoutes(deps: ContactRouteDeps): Route[] {
  const saved = (write: ContactWrite, refsOf: (contact: Contact) => string[]): z.infer<typeof contactSchema> => {
    switch (write.kind) {
      case 'unknown':
        throw notFound('contact');
      case 'emailTaken':
        throw emailTaken(write.contactId);
      case 'metadataTooLarge':
        throw metadataTooLarge();
      case 'saved': {
        const refs = refsOf(write.contact);
        // Not awaited: the write is durable, and an absent Temporal must not hold its answer up.
        const left = write.contact.status === 'active' ? {} : { leftContactId: write.contact.id };
        if (write.eventIds.length > 0) void deps.afterCommit({ eventIds: write.eventIds, refs, ...left });
        return showContact(write.contact);
      }
    }
  };

  return [
    route({
      method: 'get',
      path: '/contacts',
      tag: 'Contacts',
      summary: 'Contacts, newest first; those of a search by what they were found by',
      status: 200,
      query: listQuery,
      response: pageOf(contactSchema),
      async handle({ caller, query }) {
        const where = {
          ...(query.email === undefined ? {} : { email: query.email }),
          ...(query.userId === undefined ? {} : { userId: query.userId }),
          ...(query.listId === undefined ? {} : { listId: query.listId }),
          ...(query.status === undefined ? {} : { status: query.status }),
        };
        if (query.search) {
          const page = { after: readSearchCursor(query.cursor), limit: query.limit };
          const { contacts, next } = await deps.contactSearch.page(caller.workspace._id, query.search, where, page);
          return { data: contacts.map(showContact), nextCursor: next ? writeSearchCursor(next) : null };
        }
        const page = { after: readCursor(query.cursor), limit: query.limit + 1 };
        const rows = await deps.contacts.page(caller.workspace._id, where, page);
        return toPage(rows, query.limit, placeOfContact, showContact);
      },
    }),
    route({
      method: 'post',
      path: '/contacts',
      tag: 'Contacts',
      summary: 'Add a contact',
      status: 201,
      body: newBody,
      response: contactSchema,
      idempotent: { secrets: [] },
      async handle({ caller, body }) {
        const workspaceId = caller.workspace._id;
        const wanted = {
          workspaceId,
          email: body.email,
          patch: patchOf(body),
          listIds: await checkedLists(deps.lists, workspaceId, body.listIds ?? []),
          source: body.source,
          ...(body.userId === undefined ? {} : { userId: body.userId }),
        };
        return saved(await deps.writes.create(wanted, deps.now()), (contact) =>
          contactRefs(workspaceId, { emails: [contact.email], userIds: contact.externalIds.map(({ id }) => id) }),
        );
      },
    }),
    route({
      method: 'get',
      path: '/contacts/:id',
      tag: 'Contacts',
      summary: 'One contact',
      status: 200,
      response: contactSchema,
      async handle({ caller, params }) {
        const contact = await deps.contacts.get(caller.workspace._id, params['id'] ?? '');
        if (!contact) throw notFound('contact');
        return showContact(contact);
      },
    }),
    route({
      method: 'patch',
      path: '/contacts/:id',
      tag: 'Contacts',
      summary: 'Change a contact',
      status: 200,
      body: changeBody,
      response: contactSchema,
      async handle({ caller, params, body }) {
        const workspaceId = caller.workspace._id;
        const wanted = {
          workspaceId,
          id: params['id'] ?? '',
          patch: { ...patchOf(body), ...(body.status === undefined ? {} : { status: body.status }) },
          ...(body.listIds === undefined ? {} : { listIds: await checkedLists(deps.lists, workspaceId, body.listIds) }),
        };
        // Nobody waits for a contact that is known.
        return saved(await deps.writes.change(wanted, deps.now()), () => []);
      },
    }),
    route({
      method: 'delete',
      path: '/contacts/:id',
      tag: 'Contacts',
      summary: 'Delete a contact, and everything that is stored of the person: see /erasures',
      status: 204,
      async handle({ caller, params }) {
        const id = params['id'] ?? '';
        if (!(await deps.writes.remove(caller.workspace._id, id, deps.now()))) throw notFound('contact');
        deps.startErasure(id);
        return undefined;
      },
    }),
  ];
}

function patchOf(body: Pick<z.output<typeof changeBody>, 'firstName' | 'lastName' | 'metadata'>): ContactPatch {
  return {
    ...(body.firstName === undefined ? {} : { firstName: body.firstName }),
    ...(body.lastName === undefined ? {} : { lastName: body.lastName }),
    ...(body.metadata === undefined ? {} : { metadata: body.metadata }),
  };
}

function emailTaken(contactId: string): Problem {
  const detail = `A contact with this email exists already: ${contactId}. PATCH /contacts/${contactId} to change it.`;
  return new Problem(409, 'email_taken', detail, { errors: [{ pointer: '/email', detail }] });
}

function metadataTooLarge(): Problem {
  const detail =
    'The contact would hold more than 256 KB of metadata; send less, or remove keys by sending them as null.';
  return new Problem(422, 'metadata_too_large', detail, { errors: [{ pointer: '/metadata', detail }] });
}
