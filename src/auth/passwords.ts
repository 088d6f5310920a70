import { hashPassword } from 'better-auth/crypto';
import { z } from 'zod';
import { maxPasswordLength, minPasswordLength } from './password-length';

/** A password that is chosen now. */
export const newPassword = z
  .string({ error: 'must be a text' })
  .min(minPasswordLength, { error: `must have at least ${minPasswordLength} characters` })
  .max(maxPasswordLength, { error: `must have at most ${maxPasswordLength} characters` });

/** In the form that signing in compares with. */
export function hashOf(password: string): Promise<string> {
  return hashPassword(password);
}
