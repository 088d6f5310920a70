import { z } from 'zod';
import { invalidInput } from '../../src/http/problem';

test.each([
  [z.object({ limit: z.number().max(250) }), { limit: 1e9 }, 'limit: must be 250 at most'],
  [z.object({ limit: z.number().min(1) }), { limit: 0 }, 'limit: must be 1 at least'],
  [z.object({ name: z.string().max(3) }), { name: 'long' }, 'name: must have 3 characters at most'],
  [z.object({ ids: z.array(z.string()).min(1) }), { ids: [] }, 'ids: must have 1 entries at least'],
  [z.object({ kind: z.enum(['a', 'b']) }), { kind: 'c' }, 'kind: must be one of a, b'],
  [z.object({ kind: z.enum(['a'], { error: 'must be a' }) }), { kind: 'c' }, 'kind: must be a'],
])('what is wrong is said in words: %#', (schema, input, detail) => {
  const { error } = schema.safeParse(input);
  if (!error) throw new Error('it should not fit');
  expect(invalidInput(error, 'query')).toMatchObject({ status: 400, detail });
});
