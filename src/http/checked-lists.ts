import { z } from 'zod';
import type { ListStore } from '../mongo/lists';
import { Problem } from './problem';

/** Lists that a contact is to be put on. */
export const listIdsField = z
  .array(z.string({ error: 'must be the id of a list' }), { error: 'must be an array of ids of lists' })
  .max(1_000, { error: 'may hold at most 1000 lists' });

/** The ids, each once; throws a Problem for those that the workspace does not have. */
export async function checkedLists(lists: ListStore, workspaceId: string, ids: string[]): Promise<string[]> {
  const existing = await lists.existing(workspaceId, ids);
  const errors = ids.flatMap((id, index) =>
    existing.has(id) ? [] : [{ pointer: `/listIds/${index}`, detail: `There is no list ${id} in this workspace.` }],
  );
  if (errors[0]) {
    throw new Problem(422, 'unknown_list', `${errors[0].detail} Take the ids from GET /lists.`, { errors });
  }
  return [...new Set(ids)];
}
