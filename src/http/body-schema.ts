import { z } from 'zod';

/** A JSON object with these fields and no others; what is refused says which fields there are. */
export function bodyOf<Shape extends z.ZodRawShape>(shape: Shape) {
  const fields = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `${issue.keys.join(', ')} cannot be set here; the fields are ${fields}`
        : `must be a JSON object with ${fields}`,
  });
}

/** The name that people give a thing. */
export const nameField = z
  .string({ error: 'must be a text of 1 to 200 characters' })
  .trim()
  .min(1, { error: 'must not be empty' })
  .max(200, { error: 'must have at most 200 characters' });
