import type { CommittedChunk, ImportLog } from '../../activities/import-contacts';
import { addressesIn } from '../../domain/email-address';
import type { Database } from './connect';
import { rowsOf } from './import-rows';
import { chunkId } from './imports';
import type { Stores } from './stores';
import { contactRefs } from './waiters';

/** What an import reads and writes: the lines of a chunk become contacts in the transaction of the chunk's outcome. */
export function createImportLog(
  database: Database,
  stores: Pick<Stores, 'imports' | 'contacts' | 'lists' | 'events' | 'waiters'>,
): ImportLog {
  const { imports, contacts, lists, events, waiters } = stores;
  return {
    async start(importId, nowMs) {
      const found = await imports.start(importId, new Date(nowMs));
      return found?.status === 'running' ? { chunks: found.chunks } : undefined;
    },

    async commitChunk(importId, number, nowMs, fold) {
      const found = await imports.find(importId);
      if (!found) return undefined;
      const { workspaceId } = found;
      const committed = await database.transaction(async (session) => {
        const chunk = await imports.chunk(chunkId(importId, number), session);
        if (!chunk) return undefined;
        if (chunk.outcome) return { ...chunk.outcome, emails: [], userIds: [] };
        const rows = rowsOf(chunk);
        const emails = [...new Set(rows.map(({ email }) => email))].sort();
        const userIds = [...new Set(rows.flatMap(({ userId }) => userId ?? []))].sort();
        const folded = fold(rows, {
          workspaceId,
          uploadedAtMs: found.createdAt.getTime(),
          contacts: await contacts.find(workspaceId, { emails, userIds }, session),
          policy: found.policy ?? 'update',
          listIds: [...(await lists.existing(workspaceId, found.listIds, session))],
        });
        const refusals = [...chunk.refusals, ...folded.refusals].sort((a, b) => a.line - b.line);
        const counts = { ...folded.counts, refused: refusals.length };
        const eventIds = folded.events.map(({ id }) => id);
        if (!(await imports.count(importId, counts, new Date(nowMs), session))) return undefined;
        await contacts.save({ created: folded.created, changed: folded.changed, robbedIds: [] }, session);
        await events.insert(folded.events, session);
        const left = [...new Set(refusals.flatMap(({ raw }) => addressesIn(raw)))];
        const done = { refusals, emails: left, outcome: { counts, eventIds }, at: new Date(nowMs) };
        await imports.finishChunk(chunk._id, done, session);
        return { counts, eventIds, emails: folded.created.map(({ email }) => email), userIds };
      });
      if (!committed) return undefined;
      const { emails, userIds, ...outcome } = committed;
      // After the commit and outside of it: a track that waits has written its row before it looked for the contact.
      const refs = contactRefs(workspaceId, { emails, userIds });
      const chunk: CommittedChunk = { ...outcome, known: await waiters.waitingFor(refs) };
      return chunk;
    },

    end: (importId, nowMs) => imports.end(importId, new Date(nowMs)),
  };
}
