import { serverCpuMsPerEvent, type Phase } from '../figures';
import { streamOf, type Tenant } from '../system/stand';
import { atLeast, nothingLost, type Scenario } from './scenario';
import { warmUp } from './warm-up';

/** A hundred events in one body against a hundred calls. */
const batch: Scenario = {
  name: 'batch',
  shows: 'Events in batch bodies of 100 cost a tenth of single calls at rest.',
  run: (context) =>
    context.onStand({}, async (stand) => {
      await warmUp(stand);
      const tenant = await stand.addTenant('all', ['/all']);
      const durationMs = context.seconds(20) * 1_000;
      const single = await stand.measure('single calls', [
        streamOf(tenant, { kind: 'closed', clients: 1, everyMs: 100, durationMs }),
      ]);
      const batches = await stand.measure('batch bodies', [
        streamOf(tenant, { kind: 'closed', clients: 1, everyMs: 1_000, durationMs }, { eventsPerPost: 100 }),
      ]);
      const times = serverCpuMsPerEvent(single.phase) / serverCpuMsPerEvent(batches.phase);
      const phases = [single.phase, batches.phase];
      return { phases, verdicts: [nothingLost(phases), atLeast('CPU, times as cheap', times, 10, '×')], notes: [] };
    }),
};

const payload: Scenario = {
  name: 'payload',
  shows: 'What the size of an event costs.',
  run: (context) =>
    context.onStand({}, async (stand) => {
      await warmUp(stand);
      const tenant = await stand.addTenant('all', ['/all']);
      const phases: Phase[] = [];
      for (const [name, traitsBytes] of [
        ['100 B of traits', 100],
        ['20 KB of traits', 20_000],
      ] as const) {
        const pace = { kind: 'open', perSecond: 200, durationMs: context.seconds(20) * 1_000 } as const;
        phases.push((await stand.measure(name, [streamOf(tenant, pace, { traitsBytes })])).phase);
      }
      return { phases, verdicts: [nothingLost(phases)], notes: [] };
    }),
};

const many: Scenario = {
  name: 'many',
  shows: 'Many endpoints: ten in one workspace, and twenty workspaces with one each.',
  run: (context) =>
    context.onStand({}, async (stand) => {
      await warmUp(stand);
      const durationMs = context.seconds(20) * 1_000;
      const paths = Array.from({ length: 10 }, (_, index) => `/ten/${index}`);
      const ten = await stand.addTenant('ten endpoints', paths);
      const tenants: Tenant[] = [];
      for (let index = 0; index < 20; index++) tenants.push(await stand.addTenant('tenant', [`/tenant/${index}`]));
      const tens = await stand.measure('ten endpoints', [streamOf(ten, { kind: 'open', perSecond: 50, durationMs })]);
      const twenty = await stand.measure(
        'twenty workspaces',
        tenants.map((tenant) => streamOf(tenant, { kind: 'open', perSecond: 15, durationMs })),
      );
      const phases = [tens.phase, twenty.phase];
      return { phases, verdicts: [nothingLost(phases)], notes: [] };
    }),
};

export const shapes: Scenario[] = [batch, payload, many];
