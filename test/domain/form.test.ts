import { newContact } from '../../domain/contact';
import { foldSignUp, patchFromValues, readSubmission } from '../../domain/form';

const nowMs = Date.parse('2026-04-15T10:00:00Z');
const options = { nowMs, newId: (kind: string) => `${kind}_1` };
const fields = [
  { key: 'firstName', label: 'First name', isRequired: true },
  { key: 'metadata.city', label: 'City', isRequired: false },
];
const given = (values: Record<string, string>) => (name: string) => values[name];

test('a submission holds the fields of the form and nothing else', () => {
  const read = readSubmission({ fields }, given({ firstName: ' Ada ', 'metadata.city': '', status: 'active' }));
  expect(read).toEqual({ values: new Map([['firstName', 'Ada']]) });
});

test.each([
  [{ 'metadata.city': 'Bern' }, 'First name is missing.'],
  [{ firstName: 'x'.repeat(1_001) }, 'First name has more than 1000 characters.'],
])('%j is refused', (values, problem) => {
  expect(readSubmission({ fields }, given(values))).toEqual({ problem });
});

test('a line break in a name is no line break any more', () => {
  const read = readSubmission({ fields }, given({ firstName: 'Ada\r\nBcc: all@example.com' }));
  expect(read).toEqual({ values: new Map([['firstName', 'Ada Bcc: all@example.com']]) });
});

test('values become a patch', () => {
  expect(
    patchFromValues(
      new Map([
        ['firstName', 'Ada'],
        ['metadata.city', 'Bern'],
        ['metadata.__proto__', 'x'],
      ]),
    ),
  ).toEqual({
    firstName: 'Ada',
    metadata: Object.fromEntries([
      ['city', 'Bern'],
      ['__proto__', 'x'],
    ]),
  });
});

describe('a sign-up', () => {
  const signUp = {
    ...{ workspaceId: 'ws_1', email: 'ada@example.com', listIds: ['lst_1'] },
    patch: { firstName: 'Eve', metadata: { city: 'Bern' } },
  };
  const known = {
    ...newContact({ id: 'con_1', workspaceId: 'ws_1', email: 'ada@example.com', source: 'api' }, nowMs - 1_000),
    firstName: 'Ada',
    listIds: ['lst_0'],
  };

  test('of somebody new makes a contact with source form', () => {
    const { contact, isNew, events } = foldSignUp({ ...signUp, isConfirmed: false }, undefined, options);
    expect({ contact, isNew }).toMatchObject({
      isNew: true,
      contact: { source: 'form', listIds: ['lst_1'], firstName: 'Eve' },
    });
    expect(events.map(({ type }) => type)).toEqual(['contact.created']);
  });

  test.each(['active', 'unsubscribed', 'bounced', 'complained'] as const)(
    'that nobody has confirmed gives a known contact the lists alone: %s',
    (status) => {
      const { contact, events } = foldSignUp({ ...signUp, isConfirmed: false }, { ...known, status }, options);
      expect(contact).toEqual({ ...known, status, listIds: ['lst_0', 'lst_1'] });
      expect(events).toEqual([]);
    },
  );

  test.each([
    ['active', 'active'],
    ['unsubscribed', 'active'],
    ['bounced', 'bounced'],
    ['complained', 'complained'],
  ] as const)('that is confirmed changes it: %s → %s', (before, after) => {
    const { contact, events } = foldSignUp({ ...signUp, isConfirmed: true }, { ...known, status: before }, options);
    expect(contact).toMatchObject({ status: after, firstName: 'Eve', listIds: ['lst_0', 'lst_1'] });
    expect(events.map(({ type }) => type)).toEqual(['contact.updated']);
    const fields = JSON.parse(events[0]?.body ?? '').data.changes.map(({ field }: { field: string }) => field);
    expect(fields.includes('status')).toBe(before !== after);
  });
});
