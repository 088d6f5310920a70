import fc from 'fast-check';
import { newContact } from '../../domain/contact';
import { csvCell, readHeader, readRow, rawOf, type ImportField } from '../../domain/contact-import';
import { foldImport } from '../../domain/import-fold';

const nowMs = Date.parse('2026-04-15T10:00:00Z');
const kinds = (fields: ImportField[]): string[] =>
  fields.map((field) => (field.kind === 'metadata' ? `metadata.${field.name}` : field.kind));

describe('the header', () => {
  test.each([
    [['email'], ['email']],
    [
      ['E-Mail', 'First Name', 'last_name', 'plan'],
      ['email', 'firstName', 'lastName', 'metadata.plan'],
    ],
    [
      [' EMAIL ', 'firstname', 'LastName', 'Home Town'],
      ['email', 'firstName', 'lastName', 'metadata.Home Town'],
    ],
    [
      ['email', ''],
      ['email', 'ignored'],
    ],
    [
      ['email', 'User ID', 'plan'],
      ['email', 'userId', 'metadata.plan'],
    ],
    [
      ['email', 'constructor', 'toString'],
      ['email', 'metadata.constructor', 'metadata.toString'],
    ],
    [
      ['email', '__proto__', 'a.b'],
      ['email', 'metadata.__proto__', 'metadata.a.b'],
    ],
  ])('%j is read as %j', (columns, expected) => {
    const header = readHeader(columns, new Map());
    expect('fields' in header && kinds(header.fields)).toEqual(expected);
  });

  test('a map says what a name does not', () => {
    const map = new Map([
      ['Adresse', 'email'],
      ['Vorname', 'firstName'],
      ['Nr', 'ignore'],
      ['Ort', 'metadata.city'],
    ]);
    const header = readHeader(['Adresse', 'Vorname', 'Nr', 'Ort'], map);
    expect('fields' in header && kinds(header.fields)).toEqual(['email', 'firstName', 'ignored', 'metadata.city']);
  });

  test.each<[string[], [string, string][], RegExp]>([
    [['name', 'plan'], [], /no column is called email/],
    [['email', 'E-Mail'], [], /more than one column is email/],
    [['email', 'plan', 'plan'], [], /more than one column is metadata\.plan/],
    [['email'], [['other', 'firstName']], /does not have/],
    [['email', 'x'], [['x', 'nonsense']], /map gives x to nonsense/],
    [['email', 'x'.repeat(201)], [], /more than 200 characters/],
    [Array.from({ length: 501 }, (_each, index) => (index ? `c${index}` : 'email')), [], /501 columns/],
  ])('%j with %j is refused', (columns, map, problem) => {
    expect(readHeader(columns, new Map(map))).toEqual({ problem: expect.stringMatching(problem) });
  });
});

describe('a line', () => {
  const fields: ImportField[] = [
    { kind: 'email' },
    { kind: 'firstName' },
    { kind: 'lastName' },
    { kind: 'metadata', name: 'plan' },
  ];

  test('becomes a row; empty cells say nothing', () => {
    expect(readRow(2, [' Ada@Example.com ', 'Ada', '', ' pro '], fields)).toEqual({
      ...{ line: 2, email: 'ada@example.com', firstName: 'Ada', metadata: { plan: 'pro' } },
    });
  });

  test('a name is one line, whatever it held', () => {
    expect(readRow(2, ['a@example.com', 'Ada\r\nBcc: eve@example.com', 'x\u0000\u2028y', ''], fields)).toMatchObject({
      firstName: 'Ada Bcc: eve@example.com',
      lastName: 'x y',
    });
  });

  test.each<[(string | undefined)[], RegExp]>([
    [['nobody', 'Ada', '', ''], /is no address/],
    [['', 'Ada', '', ''], /email is missing/],
    [['a@example.com', 'Ada'], /has 2 cells, and the header has 4/],
    [['a@example.com', undefined, '', ''], /not UTF-8/],
    [['a@example.com', 'x'.repeat(1_001), '', ''], /more than 1000/],
  ])('%j is refused', (cells, reason) => {
    expect(readRow(7, cells, fields)).toEqual({
      line: 7,
      reason: expect.stringMatching(reason),
      raw: expect.any(String),
    });
  });

  test('its text is bounded, and is CSV again', () => {
    expect(rawOf(['a"b', 'c,d', 'e'])).toBe('"a""b","c,d",e');
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 3_000 }), { maxLength: 5 }), (cells) => rawOf(cells).length <= 1_001),
    );
    expect(csvCell('plain')).toBe('plain');
  });
});

describe('lines applied to contacts', () => {
  const options = () => {
    let count = 0;
    return {
      workspaceId: 'ws_1',
      listIds: ['lst_1'],
      uploadedAtMs: nowMs,
      nowMs,
      policy: 'update' as const,
      newId: (kind: string) => `${kind}${count++}`,
    };
  };
  const known = (email: string, more = {}) => ({
    ...newContact({ id: `con_${email}`, workspaceId: 'ws_1', email, source: 'api' }, nowMs - 1_000),
    ...more,
  });

  test('a new one is created with source import, on the lists, with its event', () => {
    const fold = foldImport([{ line: 2, email: 'a@x.de', firstName: 'Ada', metadata: { plan: 'pro' } }], [], options());
    expect(fold.counts).toEqual({ created: 1, updated: 0, unchanged: 0, refused: 0 });
    expect(fold.created).toMatchObject([{ source: 'import', listIds: ['lst_1'], metadata: { plan: 'pro' } }]);
    expect(fold.events.map(({ body }) => JSON.parse(body))).toMatchObject([
      { event: 'contact.created', data: { contactEmail: 'a@x.de', firstName: 'Ada', source: 'import' } },
    ]);
  });

  test('one that has unsubscribed stays so, and what it learned after the upload stays', () => {
    const later = nowMs + 5_000;
    const contact = known('a@x.de', {
      ...{ status: 'unsubscribed' as const, firstName: 'New', changedAtMs: { firstName: later } },
    });
    const fold = foldImport([{ line: 2, email: 'a@x.de', firstName: 'Old', lastName: 'L' }], [contact], options());
    expect(fold.changed).toMatchObject([{ status: 'unsubscribed', firstName: 'New', lastName: 'L' }]);
    expect(fold.counts.updated).toBe(1);
    expect(JSON.parse(fold.events[0]?.body ?? '').data.changes).toEqual([
      { field: 'lastName', oldValue: null, newValue: 'L' },
    ]);
  });

  test('the userId of a line is tied to its contact, and never taken from another one', () => {
    const owner = known('a@x.de', { externalIds: [{ id: 'u1', atMs: 1 }], listIds: ['lst_1'] });
    const rows = [
      { line: 2, email: 'a@x.de', userId: 'u1' },
      { line: 3, email: 'b@x.de', userId: 'u1' },
      { line: 4, email: 'c@x.de', userId: 'u3' },
      { line: 5, email: 'd@x.de', userId: 'u3' },
      { line: 6, email: 'a@x.de', userId: 'u2' },
    ];
    const fold = foldImport(rows, [owner], options());
    expect(fold.refusals.map(({ line, reason }) => [line, reason])).toEqual([
      [3, 'the userId belongs to another contact'],
      [5, 'the userId belongs to another contact'],
    ]);
    expect(fold.created.map(({ email, externalIds }) => [email, externalIds])).toEqual([
      ['c@x.de', [{ id: 'u3', atMs: nowMs }]],
    ]);
    expect(fold.changed.map(({ externalIds }) => externalIds.map(({ id }) => id))).toEqual([['u1', 'u2']]);
    expect(fold.counts).toEqual({ created: 1, updated: 1, unchanged: 1, refused: 2 });
  });

  test('whoever is there already is left as they are where that was asked for, the first line of a file included', () => {
    const rows = [
      { line: 2, email: 'a@x.de', firstName: 'New' },
      { line: 3, email: 'b@x.de', firstName: 'First' },
      { line: 4, email: 'b@x.de', firstName: 'Second' },
    ];
    const fold = foldImport(rows, [known('a@x.de', { firstName: 'Old' })], { ...options(), policy: 'skip' });
    expect(fold.changed).toEqual([]);
    expect(fold.created).toMatchObject([{ email: 'b@x.de', firstName: 'First' }]);
    expect(fold.counts).toEqual({ created: 1, updated: 0, unchanged: 2, refused: 0 });
  });

  test('being put on a list is an update without an event; nothing new is unchanged', () => {
    const fold = foldImport(
      [
        { line: 2, email: 'a@x.de' },
        { line: 3, email: 'b@x.de' },
      ],
      [known('a@x.de'), known('b@x.de', { listIds: ['lst_1'] })],
      options(),
    );
    expect(fold.counts).toEqual({ created: 0, updated: 1, unchanged: 1, refused: 0 });
    expect(fold.events).toEqual([]);
  });

  test('a second line of the same person goes on where the first has left it', () => {
    const rows = [
      { line: 2, email: 'a@x.de', firstName: 'One' },
      { line: 3, email: 'a@x.de', firstName: 'Two' },
    ];
    const fold = foldImport(rows, [], options());
    expect(fold.created).toMatchObject([{ firstName: 'Two' }]);
    expect(fold.changed).toEqual([]);
    expect(fold.events.map(({ type }) => type)).toEqual(['contact.created', 'contact.updated']);
  });

  test('a contact that would grow too large is refused, its neighbours are not', () => {
    const fold = foldImport(
      [
        { line: 2, email: 'a@x.de', metadata: { text: 'x'.repeat(20) } },
        { line: 3, email: 'b@x.de' },
      ],
      [known('a@x.de', { metadata: { much: 'y'.repeat(262_140) } })],
      options(),
    );
    expect(fold.counts).toEqual({ created: 1, updated: 0, unchanged: 0, refused: 1 });
    expect(fold.refusals).toMatchObject([{ line: 2, reason: expect.stringContaining('256 KB') }]);
    expect(fold.changed).toEqual([]);
  });
});
