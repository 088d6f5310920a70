import { mentions } from '../../domain/erasure';

const person = { contactId: 'con_1', emails: ['ada@example.com'], userIds: ['7', 'user_12345'] };

test.each([
  ['{"traits":{"email":"ADA@example.com"}}', true],
  ['{"note":"wrote to ada@example.com today"}', true],
  ['{"ada@example.com":1}', true],
  [String.raw`{"email":"ada\u0040example.com"}`, true],
  ['{"userId":"user_12345"}', true],
  ['{"userId":7}', true],
  ['{"context":{"traits":[{"user_id":"7"}]}}', true],
  ['{"userIds":["x","7"]}', true],
  ['{"id":"con_1"}', true],
  // The same text, but nobody's id.
  ['{"level":"7","userId":"8"}', false],
  ['{"email":"grace@example.com"}', false],
  ['null', false],
  // Cut off in the middle.
  ['{"userId":"user_12345","traits":{"na', true],
  ['ada@EXAMPLE.com,Ada', true],
  ['nothing of hers', false],
])('%s: %s', (text, expected) => {
  expect(mentions(text, person)).toBe(expected);
});

test('what nests very deep is walked through', () => {
  const text = `${'['.repeat(200_000)}"ada@example.com"${']'.repeat(200_000)}`;
  expect(mentions(text, person)).toBe(true);
});
