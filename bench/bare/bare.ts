import { randomBytes } from 'node:crypto';
import type { ClientFunctions } from '../client/client-process';
import type { Pace } from '../client/load';
import { distribution, type Distribution } from '../stats';
import { startChild } from '../system/child';
import { createNamespace, type Engines } from '../system/engines';
import type { BareFunctions, Took } from './bare-process';

/** How long one thing takes, and how many a second there are many at once. */
export interface BareLimit {
  name: string;
  /** For the label of a rate. */
  plural: string;
  /** One after the other without a pause. */
  oneAtATimeMs: Distribution;
  /** One every 100 ms, as the product is measured at rest: whatever sleeps in between has to wake up first. */
  atRestMs: Distribution;
  perSecond: number;
  atOnce: number;
}
export interface Bare {
  insert: BareLimit;
  express204: BareLimit;
  emptyWorkflow: BareLimit;
  oneActivityWorkflow: BareLimit;
}

const atOnce = 64;

/** Measures what the same machine, engines and generator do without the product. */
export async function measureBare(engines: Engines, durationMs: number, say: (line: string) => void): Promise<Bare> {
  const namespace = `bench_${randomBytes(6).toString('hex')}`;
  await createNamespace(engines.temporalAddress, namespace);
  const bare = startChild<BareFunctions>('bench/bare/bare-process.js');
  const client = startChild<ClientFunctions>('bench/client/client-process.js');

  const limit = async (name: string, plural: string, run: (pace: Pace) => Promise<Took>): Promise<BareLimit> => {
    const one: Pace = { kind: 'closed', clients: 1, durationMs };
    const many: Pace = { kind: 'closed', clients: atOnce, durationMs };
    // Compilers and caches warm up by what is not counted.
    await run({ ...many, durationMs: durationMs / 4 });
    const alone = await run(one);
    const atRest = await run({ ...one, everyMs: 100 });
    const together = await run(many);
    const found = {
      name,
      plural,
      oneAtATimeMs: distribution(alone.tookMs),
      atRestMs: distribution(atRest.tookMs),
      perSecond: (together.tookMs.length / together.elapsedMs) * 1_000,
      atOnce,
    };
    say(
      `bare: ${name}: p50 ${found.oneAtATimeMs.p50.toFixed(1)} ms, at rest ${found.atRestMs.p50.toFixed(1)} ms, ` +
        `${atOnce} at once ${found.perSecond.toFixed(0)}/s`,
    );
    return found;
  };
  const workflows = (workflow: 'empty' | 'oneActivity') => (pace: Pace) =>
    bare.call('workflows', { address: engines.temporalAddress, namespace, workflow, pace });

  try {
    const url = await bare.call('listen', null);
    const express204 = await limit('Express route that answers 204', 'Express answers', (pace) =>
      client.call('posts', { url, pace }),
    );
    const insert = await limit('insert of one document', 'inserts', (pace) =>
      bare.call('inserts', { mongoUri: engines.mongoUri, database: namespace, pace }),
    );
    const emptyWorkflow = await limit('empty workflow', 'empty workflows', workflows('empty'));
    const oneActivityWorkflow = await limit(
      'workflow with one local activity',
      'one-activity workflows',
      workflows('oneActivity'),
    );
    return { insert, express204, emptyWorkflow, oneActivityWorkflow };
  } finally {
    await Promise.all([bare.stop(), client.stop()]);
  }
}
