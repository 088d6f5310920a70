import { z } from 'zod';
import { personRoles, type Person } from '../mongo/people';
import type { Caller } from './auth';

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

/** Who makes a link, where it is somebody. */
export function inviterOf({ by }: Caller): { invitedBy?: string; invitedById?: string } {
  return by.kind === 'person' ? { invitedBy: by.name, invitedById: by.personId } : {};
}

export function showPerson({ id, name, email, role, createdAt }: Person): z.infer<typeof personSchema> {
  return { id, name, email, role, createdAt: createdAt.toISOString() };
}
