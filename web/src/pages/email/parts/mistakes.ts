import { ApiError } from '../../../api/client';
import type { Mistake } from './code-area';

/** What the server says is wrong with a field. */
export function mistakeAt(error: unknown, field: string): Mistake | undefined {
  if (!(error instanceof ApiError)) return undefined;
  return error.problem?.errors?.find(({ pointer }) => pointer === `/${field}`);
}
