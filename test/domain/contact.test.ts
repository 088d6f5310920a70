import fc from 'fast-check';
import {
  applyPatch,
  isMetadataTooLarge,
  maxMetadataBytes,
  newContact,
  patchFromTraits,
  type Contact,
  type ContactPatch,
} from '../../domain/contact';
import { jsonEquals, type Json, type JsonObject } from '../../domain/json';

const nowMs = 1_000_000;
const fresh = newContact({ id: 'con_1', workspaceId: 'ws_1', email: 'morgan@acme.com', source: 'api' }, 1);

function after(...patches: [ContactPatch, number][]): Contact {
  return patches.reduce((contact, [patch, atMs]) => applyPatch(contact, patch, atMs, nowMs).contact, fresh);
}
function changesOf(contact: Contact, patch: ContactPatch, atMs: number): [string, Json, Json][] {
  return applyPatch(contact, patch, atMs, nowMs).changes.map(({ field, oldValue, newValue }) => [
    field,
    oldValue,
    newValue,
  ]);
}
function parsed(text: string): JsonObject {
  return JSON.parse(text);
}

describe('patchFromTraits', () => {
  test.each<[string, JsonObject, ContactPatch]>([
    ['nothing', {}, {}],
    [
      'the fields of the documents',
      { email: 'morgan@acme.com', firstName: 'Morgan', lastName: 'Lee', plan: 'pro', company: 'Acme Corp' },
      { firstName: 'Morgan', lastName: 'Lee', metadata: { plan: 'pro', company: 'Acme Corp' } },
    ],
    ['snake case', { first_name: 'Morgan', last_name: 'Lee' }, { firstName: 'Morgan', lastName: 'Lee' }],
    ['both spellings', { first_name: 'Snake', firstName: 'Camel' }, { firstName: 'Camel' }],
    ['both spellings, the other way round', { firstName: 'Camel', first_name: 'Snake' }, { firstName: 'Camel' }],
    ['one of them null', { first_name: 'Snake', firstName: null }, { firstName: 'Snake' }],
    ['one of them null, the other way round', { firstName: null, first_name: 'Snake' }, { firstName: 'Snake' }],
    ['one of them empty', { last_name: 'Snake', lastName: '' }, { lastName: 'Snake' }],
    ['an empty name', { firstName: '' }, { firstName: null }],
    ['a null name', { last_name: null }, { lastName: null }],
    ['a name that is a number', { firstName: 7, lastName: false }, { firstName: '7', lastName: 'false' }],
    [
      'names that are no names',
      { firstName: { given: 'Morgan' }, last_name: ['Lee'] },
      { metadata: { firstName: { given: 'Morgan' }, last_name: ['Lee'] } },
    ],
    ['an email that is no address', { email: { a: 1 } }, {}],
    [
      'nulls and nested values',
      { plan: null, address: { city: 'Ulm', a: [1] } },
      { metadata: { plan: null, address: { city: 'Ulm', a: [1] } } },
    ],
    ['keys in another case', { Email: 'x', FirstName: 'y' }, { metadata: { Email: 'x', FirstName: 'y' } }],
  ])('%s', (_what, traits, patch) => {
    expect(patchFromTraits(traits)).toEqual(patch);
  });

  it('gives the same for any order of the traits', () => {
    const names = fc.constantFrom<Json>('A', 'B', '', null, 3);
    const traits = fc.record(
      { firstName: names, first_name: names, lastName: names, last_name: names, plan: names },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(traits, (given) => {
        const reversed = Object.fromEntries(Object.entries(given).reverse());
        expect(patchFromTraits(reversed)).toEqual(patchFromTraits(given));
      }),
    );
  });

  it('keeps keys that MongoDB or a prototype would misread as they are', () => {
    const text = '{"__proto__":{"admin":true},"constructor":"c","toString":"t","a.b":1,"$x":2,"":3}';
    const { metadata } = patchFromTraits(parsed(text));
    expect(JSON.stringify(metadata)).toBe(text);
    const contact = after([patchFromTraits(parsed(text)), 1]);
    expect(JSON.stringify(contact.metadata)).toBe(text);
    expect(Object.keys(contact.changedAtMs)).toContain('metadata.__proto__');
    expect(Reflect.get({}, 'admin')).toBeUndefined();
  });
});

describe('applyPatch', () => {
  it('says what changed, from what to what, and touches nothing that it was given', () => {
    const before = after([{ firstName: 'Morgan', metadata: { plan: 'free', seats: 1, old: true } }, 10]);
    const copy = structuredClone(before);
    const patch: ContactPatch = {
      firstName: 'Morgan',
      lastName: 'Lee',
      status: 'unsubscribed',
      metadata: { plan: 'pro', seats: 1, old: null, never: null, team: { id: 1 } },
    };
    const { contact, changes } = applyPatch(before, patch, 20, nowMs);
    expect(changes).toEqual([
      { field: 'lastName', oldValue: null, newValue: 'Lee' },
      { field: 'status', oldValue: 'active', newValue: 'unsubscribed' },
      { field: 'metadata.plan', oldValue: 'free', newValue: 'pro' },
      { field: 'metadata.old', oldValue: true, newValue: null },
      { field: 'metadata.team', oldValue: null, newValue: { id: 1 } },
    ]);
    expect(contact).toMatchObject({
      firstName: 'Morgan',
      lastName: 'Lee',
      status: 'unsubscribed',
      metadata: { plan: 'pro', seats: 1, team: { id: 1 } },
      updatedAtMs: nowMs,
      createdAtMs: 1,
    });
    expect(contact.metadata).not.toHaveProperty('old');
    expect(before).toEqual(copy);
  });

  it('never lets an older message overwrite a newer value, and says so by no change', () => {
    const contact = after([{ firstName: 'New', metadata: { plan: 'pro' } }, 100]);
    expect(applyPatch(contact, { firstName: 'Old', metadata: { plan: 'free' } }, 99, nowMs)).toEqual({
      contact,
      changes: [],
    });
  });

  it('takes what an older message alone knows', () => {
    const contact = after([{ firstName: 'New', metadata: { plan: 'pro' } }, 100]);
    expect(
      changesOf(contact, { firstName: 'Old', lastName: 'Lee', metadata: { plan: 'free', team: 'a' } }, 50),
    ).toEqual([
      ['lastName', null, 'Lee'],
      ['metadata.team', null, 'a'],
    ]);
  });

  it('lets the later arrival win on a tie', () => {
    const contact = after(
      [{ firstName: 'First', metadata: { plan: 'a' } }, 100],
      [{ firstName: 'Second', metadata: { plan: 'b' } }, 100],
    );
    expect(contact).toMatchObject({ firstName: 'Second', metadata: { plan: 'b' } });
  });

  it('removes by null, and an older message cannot bring the value back', () => {
    const contact = after(
      [{ firstName: 'A', metadata: { plan: 'pro' } }, 100],
      [{ firstName: null, metadata: { plan: null } }, 200],
    );
    expect(contact.metadata).toEqual({});
    expect(changesOf(contact, { firstName: 'A', metadata: { plan: 'pro' } }, 199)).toEqual([]);
    expect(changesOf(contact, { metadata: { plan: 'pro' } }, 201)).toEqual([['metadata.plan', null, 'pro']]);
  });

  it('keeps the time of a value that stayed the same', () => {
    const contact = after([{ metadata: { plan: 'pro' } }, 100], [{ metadata: { plan: 'pro' } }, 300]);
    expect(changesOf(contact, { metadata: { plan: 'free' } }, 200)).toEqual([]);
  });

  it('replaces a nested value as a whole', () => {
    const contact = after(
      [{ metadata: { address: { city: 'Ulm', zip: '1' } } }, 1],
      [{ metadata: { address: { city: 'Bonn' } } }, 2],
    );
    expect(contact.metadata).toEqual({ address: { city: 'Bonn' } });
  });

  it('sees no change in an object with its keys in another order', () => {
    const contact = after([{ metadata: { address: { city: 'Ulm', zip: '1' } } }, 1]);
    expect(changesOf(contact, { metadata: { address: { zip: '1', city: 'Ulm' } } }, 2)).toEqual([]);
  });

  it('leaves updatedAt where it was when nothing changed', () => {
    const contact = after([{ metadata: { plan: 'pro' } }, 1]);
    expect(applyPatch(contact, { metadata: { plan: 'pro' } }, 2, nowMs + 5).contact.updatedAtMs).toBe(
      contact.updatedAtMs,
    );
  });

  it('keeps fields apart whose names look like paths', () => {
    const contact = after([{ firstName: 'A', metadata: { firstName: 'meta', 'a.b': 1, a: { b: 2 } } }, 1]);
    expect(changesOf(contact, { metadata: { 'a.b': 3 } }, 2)).toEqual([['metadata.a.b', 1, 3]]);
    expect(contact.firstName).toBe('A');
  });

  it('does not grow without end by keys that come and go', () => {
    let contact = fresh;
    for (let round = 0; round < 30; round++) {
      const keys = Array.from({ length: 100 }, (_, index) => [`k${round}_${index}`, null] as const);
      contact = applyPatch(contact, { metadata: Object.fromEntries(keys) }, round, nowMs).contact;
    }
    expect(Object.keys(contact.changedAtMs).length).toBe(1_000);
    // The newest are those that an older message on its way could still bring back.
    expect(changesOf(contact, { metadata: { k29_0: 'back' } }, 28)).toEqual([]);
  });
});

describe('messages in any order', () => {
  const name = fc.constantFrom(undefined, null, 'A', 'B');
  const value = fc.oneof(fc.constantFrom<Json>(null, 'x', 'y', 1, true), fc.constant<Json>({ n: [1, { m: null }] }));
  const key = fc.constantFrom('plan', 'team', '__proto__', 'constructor', 'a.b', '$x');
  const patch = fc.record({
    firstName: name,
    lastName: name,
    status: fc.constantFrom<ContactPatch['status']>(undefined, 'active', 'bounced'),
    metadata: fc
      .uniqueArray(fc.tuple(key, value), { selector: ([field]) => field })
      .map((entries): JsonObject => Object.fromEntries(entries)),
  });
  const given = ({
    firstName,
    lastName,
    status,
    metadata,
  }: { [Key in keyof ContactPatch]: ContactPatch[Key] | undefined }): ContactPatch => ({
    ...(firstName === undefined ? {} : { firstName }),
    ...(lastName === undefined ? {} : { lastName }),
    ...(status === undefined ? {} : { status }),
    ...(metadata === undefined ? {} : { metadata }),
  });
  const history = fc.uniqueArray(fc.tuple(patch, fc.nat(50)), { selector: ([, atMs]) => atMs, maxLength: 8 });

  it('with times of their own give the same contact', () => {
    const orders = history.chain((messages) =>
      fc.tuple(fc.constant(messages), fc.shuffledSubarray(messages, { minLength: messages.length })),
    );
    fc.assert(
      fc.property(orders, ([one, other]) => {
        const end = (messages: typeof one): Contact =>
          after(...messages.map(([raw, atMs]): [ContactPatch, number] => [given(raw), atMs]));
        expect({ ...end(other), updatedAtMs: 0 }).toEqual({ ...end(one), updatedAtMs: 0 });
      }),
      { numRuns: 1_000 },
    );
  });

  it('are told by diffs that lead from the contact before to the contact after', () => {
    fc.assert(
      fc.property(history, patch, fc.nat(50), (messages, raw, atMs) => {
        const before = after(...messages.map(([each, eachMs]): [ContactPatch, number] => [given(each), eachMs]));
        const { contact, changes } = applyPatch(before, given(raw), atMs, nowMs);
        const flat = (of: Contact): Map<string, Json> =>
          new Map<string, Json>([
            ['firstName', of.firstName],
            ['lastName', of.lastName],
            ['status', of.status],
            ...Object.entries(of.metadata).map(([field, each]): [string, Json] => [`metadata.${field}`, each]),
          ]);
        const [old, now] = [flat(before), flat(contact)];
        const differing = [...new Set([...old.keys(), ...now.keys()])].filter(
          (field) => !jsonEquals(old.get(field) ?? null, now.get(field) ?? null),
        );
        expect(changes.map(({ field }) => field).sort()).toEqual(differing.sort());
        for (const { field, oldValue, newValue } of changes) {
          expect(oldValue).toEqual(old.get(field) ?? null);
          expect(newValue).toEqual(now.get(field) ?? null);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('isMetadataTooLarge', () => {
  it('counts the bytes of the JSON', () => {
    const room = maxMetadataBytes - '{"a":""}'.length;
    expect(isMetadataTooLarge({ a: 'x'.repeat(room) })).toBe(false);
    expect(isMetadataTooLarge({ a: 'x'.repeat(room + 1) })).toBe(true);
    expect(isMetadataTooLarge({ a: '購'.repeat(Math.ceil(room / 3) + 1) })).toBe(true);
    expect(isMetadataTooLarge({})).toBe(false);
  });
});
