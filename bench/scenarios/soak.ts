import { processesOf } from '../system/product';
import { streamOf } from '../system/stand';
import { median } from '../stats';
import { atMost, nothingLost, type Scenario } from './scenario';
import { warmUp } from './warm-up';

/** How much of the run counts as its beginning and as its end, after a first sixth in which caches fill. */
const share = 1 / 6;

/** Memory at the end against memory at the beginning. */
export function growth(seriesMb: readonly number[]): number {
  const length = Math.max(1, Math.round(seriesMb.length * share));
  return median(seriesMb.slice(-length)) / median(seriesMb.slice(length, 2 * length));
}

export const soak: Scenario = {
  name: 'soak',
  shows: '200 events a second for as long as --minutes says: memory stays flat.',
  isOptIn: true,
  run: (context) =>
    context.onStand({ isolated: true }, async (stand) => {
      await warmUp(stand);
      const tenant = await stand.addTenant('all', ['/all']);
      const durationMs = context.minutes * 60_000;
      const { phase } = await stand.measure('', [streamOf(tenant, { kind: 'open', perSecond: 200, durationMs })]);
      const verdicts = processesOf[stand.mode].map((name) =>
        atMost(
          `memory of ${name}, end against beginning`,
          growth(phase.measured.memory[name]?.seriesMb ?? []),
          1.2,
          '×',
        ),
      );
      return { phases: [phase], verdicts: [nothingLost([phase]), ...verdicts], notes: [] };
    }),
};
