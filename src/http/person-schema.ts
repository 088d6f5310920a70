import { z } from 'zod';
import { personRoles, type Person } from '../mongo/people';

export const emailField = z
  .string({ error: 'must be an email address, such as ada@example.com' })
  .trim()
  .toLowerCase()
  .max(254, { error: 'must have at most 254 characters' })
  .pipe(z.email({ error: 'must be an email address, such as ada@example.com' }));
export const roleField = z.enum(personRoles, { error: `must be one of ${personRoles.join(', ')}` });

export const personSchema = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  role: z.enum(personRoles),
  createdAt: z.iso.datetime(),
});

export function showPerson({ id, name, email, role, createdAt }: Person): z.infer<typeof personSchema> {
  return { id, name, email, role, createdAt: createdAt.toISOString() };
}
