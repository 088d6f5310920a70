import { setTimeout as sleep } from 'node:timers/promises';
import type { Pace } from '../client/load';
import type { Phase, StreamFigures } from '../figures';
import { serverCpuMsPerEvent } from '../figures';
import { streamOf } from '../system/stand';
import { atMost, nothingLost, type Scenario } from './scenario';
import { checkTimeline } from './timeline';
import { warmUp } from './warm-up';

function named(phase: Phase, name: string): StreamFigures {
  const found = phase.streams.find((stream) => stream.name === name);
  if (found === undefined) throw new Error(`no stream ${name}`);
  return found;
}

const slow: Scenario = {
  name: 'slow',
  shows: "An endpoint that answers after 4 s does not slow another workspace's quick one down.",
  run: (context) =>
    context.onStand({}, async (stand) => {
      await warmUp(stand);
      const quick = await stand.addTenant('quick', ['/quick']);
      const other = await stand.addTenant('other', ['/other']);
      const pace: Pace = { kind: 'open', perSecond: 100, durationMs: context.seconds(20) * 1_000 };
      const both = [streamOf(quick, pace), streamOf(other, pace)];
      const alone = await stand.measure('alone', [streamOf(quick, pace)]);
      // As many events as beside the slow one, so that the ack is compared under the same load.
      const beside = await stand.measure('beside a quick one', both);
      await stand.behave('/other', { kind: 'slow', delayMs: 4_000 });
      const besideSlow = await stand.measure('beside a slow one', both);
      const [before, equal, after] = [alone, beside, besideSlow].map(({ phase }) => named(phase, 'quick'));
      if (!before || !equal || !after) throw new Error('three phases were measured');
      const phases = [alone.phase, beside.phase, besideSlow.phase];
      return {
        phases,
        verdicts: [
          nothingLost(phases),
          atMost('event → receiver p99 against alone', after.deliveryMs.p99 / before.deliveryMs.p99, 2, '×'),
          atMost('ack p99 against beside a quick one', after.ackMs.p99 / equal.ackMs.p99, 1.5, '×'),
        ],
        notes: [],
      };
    }),
};

/** Five waits that double, long enough in all to outlast the time for which the endpoint is dead. */
export function doublingWaitsSeconds(deadSeconds: number): number[] {
  const first = Math.ceil((deadSeconds * 1.2) / 31);
  return [1, 2, 4, 8, 16].map((factor) => factor * first);
}

const dead: Scenario = {
  name: 'dead',
  shows:
    'One endpoint of five is dead for two minutes: the others notice nothing, and its retries stand on their timeline.',
  run: (context) => {
    const deadSeconds = context.seconds(120);
    const waits = doublingWaitsSeconds(deadSeconds);
    const settings = { WEBHOOK_RETRY_SCHEDULE: waits.map((seconds) => `${seconds}s`).join(',') };
    return context.onStand({ settings, isolated: true }, async (stand) => {
      await warmUp(stand);
      const dying = await stand.addTenant('dead', ['/dead']);
      const alive = await Promise.all([1, 2, 3, 4].map((number) => stand.addTenant('alive', [`/alive/${number}`])));
      const streams = (seconds: number) =>
        [dying, ...alive].map((tenant) =>
          streamOf(tenant, { kind: 'open', perSecond: 60, durationMs: seconds * 1_000 }),
        );
      const before = await stand.measure('all alive', streams(Math.min(30, deadSeconds)));
      await stand.behave('/dead', { kind: 'fails', status: 503, everyNth: 1 });
      const underWay = stand.measure('one dead', streams(deadSeconds), {
        quietMs: (Math.max(...waits) + 15) * 1_000,
      });
      await sleep(deadSeconds * 1_000);
      await stand.behave('/dead', { kind: 'takes' });
      const during = await underWay;
      context.say('dead: reading the delivery log');
      const [endpointId = ''] = dying.endpointIds;
      const delaysMs = waits.map((seconds) => seconds * 1_000);
      const check = await checkTimeline(dying.api, endpointId, delaysMs);
      const phases = [before.phase, during.phase];
      const p99 = (phase: Phase): number => named(phase, 'alive').deliveryMs.p99;
      return {
        phases,
        verdicts: [
          nothingLost(phases),
          atMost('event → receiver p99 of the others against before', p99(during.phase) / p99(before.phase), 2, '×'),
          atMost('worst deviation from the timeline', check.deviationMs.max, 5_000, 'ms'),
          {
            what: 'deliveries of the dead one that were not delivered in the end',
            target: '0',
            measured: `${check.undelivered} of ${check.deliveries}`,
            isReached: check.undelivered === 0,
          },
        ],
        notes: [
          `retry schedule ${settings.WEBHOOK_RETRY_SCHEDULE}; ${check.retries} retries of ${check.deliveries} deliveries ` +
            `were ${check.deviationMs.p50} ms off their moment at p50, ${check.deviationMs.p99} ms at p99, ` +
            `${check.deviationMs.max} ms at worst`,
        ],
      };
    });
  },
};

const fail10: Scenario = {
  name: 'fail10',
  shows: 'A receiver that answers every tenth request with a 500: what the retries cost.',
  run: (context) =>
    context.onStand({ settings: { WEBHOOK_RETRY_SCHEDULE: '2s,4s,8s,16s,32s' } }, async (stand) => {
      await warmUp(stand);
      const tenant = await stand.addTenant('all', ['/all']);
      const pace: Pace = { kind: 'open', perSecond: 200, durationMs: context.seconds(20) * 1_000 };
      const none = await stand.measure('none fails', [streamOf(tenant, pace)]);
      await stand.behave('/all', { kind: 'fails', status: 500, everyNth: 10 });
      const tenth = await stand.measure('a tenth fails', [streamOf(tenant, pace)], { quietMs: 45_000 });
      const phases = [none.phase, tenth.phase];
      const times = serverCpuMsPerEvent(tenth.phase) / serverCpuMsPerEvent(none.phase);
      return {
        phases,
        verdicts: [nothingLost(phases)],
        notes: [`each event costs ${times.toFixed(1)} times the CPU when a tenth of the answers are 500`],
      };
    }),
};

export const isolation: Scenario[] = [slow, dead, fail10];
