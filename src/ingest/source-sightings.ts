import { LRUCache } from 'lru-cache';
import type { MessageSource } from '../mongo/messages';
import type { WorkspaceStore } from '../mongo/workspaces';

const everyMs = 60_000;

/** Notes when each source was last heard of: once a minute, as events may come by the thousand in a second. */
export function createSourceSightings(
  workspaces: Pick<WorkspaceStore, 'noteSource'>,
  now: () => number,
): (from: { workspaceId: string; source: MessageSource }) => void {
  const noted = new LRUCache<string, true>({ max: 10_000, ttl: everyMs });
  return ({ workspaceId, source }) => {
    const key = `${workspaceId}/${source}`;
    if (noted.has(key)) return;
    noted.set(key, true);
    workspaces.noteSource(workspaceId, source, new Date(now())).catch(() => noted.delete(key));
  };
}
