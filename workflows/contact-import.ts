import { continueAsNew, proxyActivities, setHandler } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { importStep } from './activity-options';
import { importProgressQuery, type ImportProgress } from './messages';

const { importPage } = proxyActivities<Activities>(importStep);

export interface ContactImportInput {
  importId: string;
  /** Pages for one run of this workflow, which bounds its history. */
  pagesPerRun: number;
  /** Where the previous run stopped. */
  from?: number;
  progress?: ImportProgress;
}

/** A CSV file, page by page. What became of each chunk of lines stands in the store: a redo changes nothing. */
export async function contactImport(input: ContactImportInput): Promise<ImportProgress> {
  const { importId, pagesPerRun } = input;
  const progress = input.progress ?? { created: 0, updated: 0, unchanged: 0, refused: 0 };
  let from = input.from ?? 0;
  setHandler(importProgressQuery, () => progress);

  for (let pages = 1; ; pages++) {
    const { counts, next } = await importPage({ importId, from });
    progress.created += counts.created;
    progress.updated += counts.updated;
    progress.unchanged += counts.unchanged;
    progress.refused += counts.refused;
    if (next === undefined) return progress;
    from = next;
    if (pages >= pagesPerRun) await continueAsNew<typeof contactImport>({ ...input, from, progress });
  }
}
