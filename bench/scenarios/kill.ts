import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamOutcome } from '../client/load';
import { largest } from '../stats';
import type { EngineName } from '../system/engines';
import type { Mode, ProductProcess } from '../system/product';
import { streamOf, type Stand } from '../system/stand';
import { atMost, nothingLost, type Scenario } from './scenario';
import { warmUp } from './warm-up';

type Victim = { process: ProductProcess; mode: Mode } | { engine: EngineName };

/** The longest that a webhook took from when it could have gone on: from the restart, or from its event if that was later. */
export function worstDelayAfterMs(restartedAtMs: number, outcome: StreamOutcome): number {
  const delaysMs = outcome.deliveredAtMs.map((atMs, index) => {
    const ackedAtMs = outcome.deliveryAckedAtMs[index] ?? NaN;
    // An event whose answer was cut off was taken all the same.
    const sinceMs = Number.isNaN(ackedAtMs) ? (outcome.deliveryDueAtMs[index] ?? NaN) : ackedAtMs;
    return atMs < restartedAtMs ? NaN : atMs - Math.max(restartedAtMs, sinceMs);
  });
  return largest(delaysMs);
}

async function killAndRestart(stand: Stand, victim: Victim): Promise<number> {
  if ('process' in victim) {
    const { restartedAtMs, isUp } = await stand.killAndRestart(victim.process);
    await isUp;
    return restartedAtMs;
  }
  const { restartedAtMs, isUp } = await stand.engines.killAndRestart(victim.engine);
  stand.meter.watch(victim.engine, await isUp);
  return restartedAtMs;
}

function kill(name: string, victim: Victim): Scenario {
  return {
    name: `kill-${name}`,
    shows: `SIGKILL of ${name} at 300 events a second, started again at once: nothing lost, nothing doubled.`,
    run: (context) => {
      const mode = 'mode' in victim ? victim.mode : context.mode;
      return context.onStand({ isolated: true, mode }, async (stand) => {
        await warmUp(stand);
        const tenant = await stand.addTenant('all', ['/all']);
        const durationMs = context.seconds(30) * 1_000;
        const underWay = stand.measure('', [streamOf(tenant, { kind: 'open', perSecond: 300, durationMs })], {
          repeatsPosts: true,
          quietMs: 45_000,
          // What a crash repeats may come as late as the next sweep.
          listenOnMs: 15_000,
        });
        await sleep(durationMs / 3);
        const restartedAtMs = await killAndRestart(stand, victim);
        const { phase, outcomes } = await underWay;
        const worstMs = largest(outcomes.map((outcome) => worstDelayAfterMs(restartedAtMs, outcome)));
        const [figures] = phase.streams;
        return {
          phases: [phase],
          verdicts: [nothingLost([phase]), atMost('worst delay after the restart', worstMs / 1_000, 11, 's')],
          notes: [
            `${figures?.failedPosts ?? 0} posts were refused or cut off and made again with the same messageId; ` +
              `${figures?.repeated ?? 0} webhooks were sent again under the same webhook-id`,
          ],
        };
      });
    },
  };
}

/** Each in a run of its own. */
export const kills: Scenario[] = [
  kill('main', { process: 'main', mode: 'one process' }),
  kill('gateway', { process: 'gateway', mode: 'two processes' }),
  kill('worker', { process: 'worker', mode: 'two processes' }),
  kill('mongod', { engine: 'mongod' }),
  kill('temporal', { engine: 'temporal' }),
];
