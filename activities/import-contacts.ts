import type { ImportCounts, ImportPolicy, ImportRow } from '../domain/contact-import';
import { foldImport, type ImportFold } from '../domain/import-fold';
import type { Contact } from '../domain/contact';
import type { IdKind } from '../domain/ids';
import type { WebhookEvent } from '../domain/webhook-events';
import type { Effects } from './commit-messages';
import type { GroupPressure } from './group-pressure';
import type { RecentEvents } from './recent-events';

/** A chunk as it was committed, now or by an earlier try. */
export interface CommittedChunk {
  counts: ImportCounts;
  eventIds: string[];
  /** Tracks that waited for a contact of this chunk. */
  known: string[];
}
/** Needs: src/mongo/import-transaction.ts. */
export interface ImportLog {
  /** The import under way; undefined where it is over, or gone. */
  start(importId: string, nowMs: number): Promise<{ chunks: number } | undefined>;
  /**
   * Applies a chunk in one transaction with its outcome. One that has an outcome is read back. Undefined where the
   * import was cancelled.
   */
  commitChunk(
    importId: string,
    number: number,
    nowMs: number,
    fold: (
      rows: ImportRow[],
      known: {
        workspaceId: string;
        contacts: Contact[];
        listIds: string[];
        policy: ImportPolicy;
        uploadedAtMs: number;
      },
    ) => ImportFold,
  ): Promise<CommittedChunk | undefined>;
  end(importId: string, nowMs: number): Promise<void>;
}

/** Chunks of one call: some seconds of work, and little to repeat when its worker is killed. */
const chunksPerPage = 10;

export interface ImportPage {
  /** Absent at the end, and where the import was cancelled. */
  next?: number;
  counts: ImportCounts;
}

/** Puts the lines of a file into the contacts, page by page. */
export function createImportContacts(deps: {
  imports: ImportLog;
  startEffects: (effects: Effects & { isGroup?: true }) => Promise<void>;
  now: () => number;
  newId: (kind: IdKind) => string;
  recentEvents: RecentEvents;
  pressure: GroupPressure;
}) {
  return {
    async importPage(input: { importId: string; from: number }): Promise<ImportPage> {
      const { importId, from } = input;
      const counts: ImportCounts = { created: 0, updated: 0, unchanged: 0, refused: 0 };
      const found = await deps.imports.start(importId, deps.now());
      if (!found) return { counts };
      const end = Math.min(found.chunks, from + chunksPerPage);
      for (let number = from; number < end; number++) {
        // What comes in live goes first.
        await deps.pressure.room();
        const nowMs = deps.now();
        const folded = new Map<string, WebhookEvent>();
        const chunk = await deps.imports.commitChunk(importId, number, nowMs, (rows, { contacts, ...known }) => {
          const fold = foldImport(rows, contacts, { ...known, nowMs, newId: deps.newId });
          for (const event of fold.events) folded.set(event.id, event);
          return fold;
        });
        if (!chunk) return { counts };
        const { eventIds, known } = chunk;
        deps.recentEvents.put(eventIds.flatMap((id) => folded.get(id) ?? []));
        await deps.startEffects({ eventIds, known, runs: [], waiting: [], isGroup: true });
        counts.created += chunk.counts.created;
        counts.updated += chunk.counts.updated;
        counts.unchanged += chunk.counts.unchanged;
        counts.refused += chunk.counts.refused;
      }
      if (end < found.chunks) return { counts, next: end };
      await deps.imports.end(importId, deps.now());
      return { counts };
    },
  };
}
