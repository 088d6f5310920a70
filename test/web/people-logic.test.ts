import { fieldAt, kindOf, traitOf } from '../../web/src/pages/people/form-values';
import { choiceOf, mapOf, traitProblem, wordsFor } from '../../web/src/pages/people/import-fields';
import { changedTraits, nameOfField, readTraits } from '../../web/src/pages/people/traits';

test('only what was changed of traits is sent, and null for what is gone', () => {
  const before = { plan: 'pro', seats: 3, tags: ['a'], gone: 1 };
  expect(changedTraits(before, { plan: 'pro', seats: 4, tags: ['a', 'b'], new: null })).toEqual({
    ...{ seats: 4, tags: ['a', 'b'], new: null, gone: null },
  });
  expect(changedTraits(before, before)).toEqual({});
});

test('a trait that is named like a prototype is one like any other', () => {
  const found = readTraits('{"__proto__":{"isAdmin":true},"constructor":1}');
  if (!('traits' in found)) throw new Error(found.problem);
  const changed = changedTraits({}, found.traits);
  expect(Object.keys(changed).sort()).toEqual(['__proto__', 'constructor']);
  expect(Object.keys(changedTraits(found.traits, {}))).toEqual(Object.keys(changed));
});

test('a trait is called by its own name, whatever that is', () => {
  expect(['metadata.plan', 'metadata.metadata.x', 'firstName'].map(nameOfField)).toEqual([
    'plan',
    'metadata.x',
    'firstName',
  ]);
});

test.each([
  ['', { traits: {} }],
  ['{"a":1}', { traits: { a: 1 } }],
  ['[1]', { problem: expect.stringMatching(/object/) }],
  ['null', { problem: expect.stringMatching(/object/) }],
  ['{"a":}', { problem: expect.stringMatching(/not JSON/) }],
])('%j is read as %j', (text, expected) => expect(readTraits(text)).toEqual(expected));

test('what was chosen for columns becomes the map of the API', () => {
  const choices = new Map([
    ['E-Mail', { target: 'email' as const, trait: '' }],
    ['a:b', { target: 'trait' as const, trait: 'ab' }],
    ['Notes', { target: 'ignored' as const, trait: 'Notes' }],
  ]);
  expect(mapOf(choices)).toEqual(['E-Mail:email', 'a:b:metadata.ab', 'Notes:ignore']);
  expect(choiceOf('metadata.Home Town', 'Town')).toEqual({ target: 'trait', trait: 'Home Town' });
  expect(choiceOf('userId', 'Nr')).toEqual({ target: 'userId', trait: 'Nr' });
  expect(['email', 'ignored', 'metadata.a.b'].map(wordsFor)).toEqual(['email', 'ignore', 'trait a.b']);
  expect(choiceOf('something new', 'Nr')).toEqual({ target: 'ignored', trait: 'Nr' });
});

test.each(['', ' ', 'a:b', 'x'.repeat(201)])('%j is no name of a trait', (name) => {
  expect(traitProblem(name)).toBeDefined();
});

test('problems of a form stand at its fields', () => {
  expect(fieldAt('/fields/0/key')).toBe('fields.0.key');
  expect(fieldAt('/redirectUrl')).toBe('redirectUrl');
  expect([kindOf('firstName'), kindOf('metadata.city'), traitOf('metadata.city')]).toEqual([
    'firstName',
    'trait',
    'city',
  ]);
});
