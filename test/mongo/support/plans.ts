import type { Db } from 'mongodb';

/** One operation as MongoDB's profiler has seen it, reads and writes alike. */
export interface RecordedPlan {
  op: string;
  ns: string;
  command: object;
  originatingCommand?: object;
  planSummary: string;
  keysExamined: number;
  docsExamined: number;
  hasSortStage?: boolean;
  nreturned?: number;
  nMatched?: number;
  ndeleted?: number;
}

const profileBytes = 32 * 1024 * 1024;

/** Runs the work and returns the plans of what it made the database do. Inserts have none. */
export async function plansOf(db: Db, work: () => Promise<unknown>): Promise<RecordedPlan[]> {
  const profile = db.collection<RecordedPlan>('system.profile');
  await profile.drop().catch(() => undefined);
  await db.createCollection('system.profile', { capped: true, size: profileBytes });
  await db.setProfilingLevel('all');
  try {
    await work();
  } finally {
    await db.setProfilingLevel('off');
  }
  const plans = await profile
    .find({ ns: { $ne: `${db.databaseName}.system.profile` }, planSummary: { $exists: true } })
    .sort({ $natural: 1 })
    .toArray();
  return plans.filter((plan) => !isChangeStream(plan));
}

/** It goes on in the oplog from where it stands, and reads nothing of the collection that it is named for. */
function isChangeStream({ command, originatingCommand }: RecordedPlan): boolean {
  return JSON.stringify([command, originatingCommand]).includes('"$changeStream"');
}

export interface Allowance {
  /** Documents that are asked for, found or not: the limit of a page, the ids of a look-up. */
  ask: number;
  /** Keys that may be read without their documents. */
  readKeys?: number;
  /** Why a sort in memory is right. */
  maySort?: string;
}

/** What is wrong with a plan; undefined when nothing is. */
export function complaint(plan: RecordedPlan, may: Allowance): string | undefined {
  const { planSummary, docsExamined, keysExamined } = plan;
  const found = plan.nreturned ?? plan.nMatched ?? plan.ndeleted ?? 0;
  const docs = 2 * Math.max(may.ask, found) + 10;
  // A list that merges ranges looks at the first key of each.
  const keys = Math.max(docs + 60, may.readKeys ?? 0);
  const wrong = [
    ...(planSummary.includes('COLLSCAN') ? ['reads the whole collection'] : []),
    ...(plan.hasSortStage && may.maySort === undefined ? ['sorts in memory'] : []),
    ...(docsExamined > docs ? [`reads ${docsExamined} documents for ${found}`] : []),
    ...(keysExamined > keys ? [`reads ${keysExamined} keys for ${found}`] : []),
  ];
  if (wrong.length === 0) return undefined;
  return `${plan.ns} ${wrong.join(', ')}: ${planSummary} of ${JSON.stringify(plan.command).slice(0, 1_000)}`;
}
