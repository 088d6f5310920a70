import { setTimeout as sleep } from 'node:timers/promises';
import { largest } from '../stats';
import type { Phase } from '../figures';
import type { Api } from '../system/api';
import { processesOf } from '../system/product';
import { streamOf, type Stand, type Tenant } from '../system/stand';
import { insertFailedDeliveries } from './parked-store';
import { atMost, nothingLost, type Scenario, type ScenarioContext, type Verdict } from './scenario';
import { warmUp } from './warm-up';

const inTheRun = 10_000;
/** Rows of the prepared store, and how many a second a recovery of them signals, as the product bounds it. */
const inTheStore = [
  { carrier: 'group', count: 90_000, perSecond: 100 },
  { carrier: 'own workflow', count: 10_000, perSecond: 25 },
] as const;
const inTheRunPerSecond = 100;
const storedCount = inTheStore.reduce((sum, { count }) => sum + count, 0);
const mostProductMb = 768;

/** Fails deliveries for good by a receiver that answers 503, and waits until all of them stand as failed. */
async function parkByFailing(stand: Stand, tenant: Tenant, count: number, context: ScenarioContext): Promise<number> {
  const since = new Date(Date.now() - 1_000);
  await stand.behave('/parked', { kind: 'fails', status: 503, everyNth: 1 });
  const bodies = Math.ceil(count / 100);
  // No webhook of these is waited for: none is taken.
  const stream = streamOf({ ...tenant, paths: [] }, { kind: 'open', perSecond: 3, durationMs: (bodies / 3) * 1_000 });
  await stand.measure('parking', [{ ...stream, eventsPerPost: 100 }]);
  let failed = 0;
  for (let quietSince = Date.now(); failed < count && Date.now() < quietSince + 60_000;) {
    await sleep(2_000);
    const found = await tenant.api.failedCount(tenant.endpointIds[0] ?? '', since);
    if (found > failed) quietSince = Date.now();
    failed = found;
    context.say(`parked: ${failed} deliveries have failed`);
  }
  return failed;
}

interface RecoveryRate {
  signalled: number;
  perSecond: number;
  steps: number;
}

/** Watches a recovery until it is done, or for some seconds: how many deliveries a second it signals, from its first step to its last. */
async function recoveryRate(api: Api, endpointId: string, since: Date, seconds: number): Promise<RecoveryRate> {
  await api.recover(endpointId, since);
  const steps: { signalled: number; atMs: number }[] = [];
  for (const endMs = Date.now() + seconds * 1_000; Date.now() < endMs;) {
    await sleep(200);
    const { signalled, isDone } = await api.recovered(endpointId, since);
    if (signalled > (steps.at(-1)?.signalled ?? 0)) steps.push({ signalled, atMs: Date.now() });
    if (isDone) break;
  }
  const [first, last] = [steps[0], steps.at(-1)];
  const signalled = last?.signalled ?? 0;
  // NaN where fewer than two steps were seen: no rate can be told.
  const perSecond = first && last ? ((signalled - first.signalled) / (last.atMs - first.atMs)) * 1_000 : NaN;
  return { signalled, perSecond, steps: steps.length };
}

function rateVerdict(what: string, { perSecond, steps }: RecoveryRate, setPerSecond: number): Verdict {
  return {
    what: `${what}: recovery at its set rate, with progress`,
    target: `${setPerSecond} /s ± 20 %`,
    measured: `${perSecond.toFixed(1)} /s in ${steps} steps`,
    isReached: Math.abs(perSecond / setPerSecond - 1) <= 0.2 && steps > 1,
  };
}

export const parked: Scenario = {
  name: 'parked',
  shows:
    'Failed deliveries that wait for a retrigger, 10,000 of this run and 100,000 of a prepared store, cost new ones nothing.',
  run: (context) =>
    context.onStand({ settings: { WEBHOOK_RETRY_SCHEDULE: '1s' }, isolated: true }, async (stand) => {
      await warmUp(stand);
      const tenant = await stand.addTenant('new', ['/new']);
      const parking = await stand.addTenant('parked', ['/parked']);
      const prepared = await stand.addTenant('prepared', ['/prepared/group', '/prepared/own']);
      const durationMs = context.seconds(20) * 1_000;
      const streams = [streamOf(tenant, { kind: 'closed', clients: 1, everyMs: 100, durationMs })];
      const phases: Phase[] = [(await stand.measure('empty', streams)).phase];

      // A short run parks as many fewer.
      const share = Math.min(1, context.seconds(20) / 20);
      const failed = await parkByFailing(stand, parking, inTheRun * share, context);
      const createdAtMs = Date.now() - 7 * 24 * 60 * 60 * 1_000;
      for (const [index, { carrier, count }] of inTheStore.entries()) {
        const endpoint = { id: prepared.endpointIds[index] ?? '', workspaceId: prepared.id, url: stand.receiverUrl };
        await insertFailedDeliveries(stand.db, endpoint, { count: count * share, createdAtMs, carrier });
      }
      context.say('parked: the prepared store is filled');
      phases.push((await stand.measure('beside what is parked', streams)).phase);

      await stand.behave('/parked', { kind: 'takes' });
      const watchedSeconds = context.seconds(60);
      const recovering = stand.measure('beside a recovery', streams);
      const anHourAgo = new Date(Date.now() - 60 * 60 * 1_000);
      const runRate = await recoveryRate(parking.api, parking.endpointIds[0] ?? '', anHourAgo, 10 * watchedSeconds);
      phases.push((await recovering).phase);
      const storeRates: Verdict[] = [];
      for (const [index, { carrier, perSecond }] of inTheStore.entries()) {
        const endpointId = prepared.endpointIds[index] ?? '';
        const found = await recoveryRate(prepared.api, endpointId, new Date(createdAtMs - 1_000), watchedSeconds);
        storeRates.push(rateVerdict(`from the store, carried by ${carrier}`, found, perSecond));
        // What is left would go on beside the next.
        await prepared.api.pause(endpointId);
      }

      const p50 = (index: number): number => phases[index]?.streams[0]?.deliveryMs.p50 ?? NaN;
      const productMb = (phase: Phase): number =>
        processesOf[stand.mode].reduce((sum, name) => sum + (phase.measured.memory[name]?.maxMb ?? 0), 0);
      return {
        phases,
        verdicts: [
          nothingLost(phases),
          atMost('event → receiver p50 against the empty system', p50(1) / p50(0), 1.1, '×'),
          atMost('memory of the product', largest(phases.map(productMb)), mostProductMb, 'MB'),
          rateVerdict('parked in the run', runRate, inTheRunPerSecond),
          ...storeRates,
        ],
        notes: [
          `${failed} deliveries failed in the run, and ${runRate.signalled} of them were recovered; ` +
            `${storedCount * share} stood in the prepared store, whose recoveries were watched for ${watchedSeconds} s each`,
        ],
      };
    }),
};
