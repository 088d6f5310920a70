import type { Bare } from '../bare/bare';
import { serverCpuMsPerEvent, type Phase, type StreamFigures } from '../figures';
import type { Machine } from '../machine';
import type { ScenarioResult } from '../scenarios/scenario';
import type { Distribution } from '../stats';
import type { Mode } from '../system/product';
import { markdownTable, type Table } from './table';

/** Everything that one run found out. */
export interface Results {
  startedAt: string;
  mode: Mode;
  machine: Machine;
  /** Settings of the product that were not its defaults. */
  settings: Record<string, string>;
  bare: Bare | undefined;
  scenarios: (ScenarioResult & { name: string; shows: string })[];
}

const nothing = '–';

/** The whole report as Markdown: for the console, and to be pasted into the README of the bench. */
export function reportOf(results: Results): string {
  const { machine } = results;
  const tables = [
    bareTable(results.bare),
    figuresTable(results),
    costTable(results),
    ratioTable(results),
    targetTable(results),
  ];
  const notes = results.scenarios.flatMap(({ name, notes: found }) => found.map((note) => `- \`${name}\`: ${note}`));
  return [
    `${results.startedAt.slice(0, 10)}, ${results.mode}, ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ` +
      `${machine.platform}, Node ${machine.node}, Temporal ${machine.temporal}, MongoDB ${machine.mongod}${settingsOf(results)}`,
    ...tables.flatMap((table) => (table.rows.length === 0 ? [] : [`${table.title}:`, markdownTable(table)])),
    ...(notes.length === 0 ? [] : [notes.join('\n')]),
  ].join('\n\n');
}

function settingsOf({ settings }: Results): string {
  const pairs = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? '' : `, with ${pairs.join(' ')}`;
}

function bareTable(bare: Bare | undefined): Table {
  return {
    title: 'Bare limits',
    head: ['bare', 'one after the other p50 / p99 ms', 'at rest p50 / p99 ms', 'many at once /s'],
    leftColumns: [0],
    rows: Object.values(bare ?? {}).map(({ name, oneAtATimeMs, atRestMs, perSecond, atOnce }) => [
      name,
      `${ms(oneAtATimeMs.p50)} / ${ms(oneAtATimeMs.p99)}`,
      `${ms(atRestMs.p50)} / ${ms(atRestMs.p99)}`,
      `${perSecond.toFixed(0)} (${atOnce} at once)`,
    ]),
  };
}

interface Row {
  name: string;
  phase: Phase;
  stream: StreamFigures;
}

function streamRows(results: Results): Row[] {
  return results.scenarios.flatMap((scenario) =>
    scenario.phases.flatMap((phase) =>
      phase.streams.map((stream) => ({
        name: [scenario.name, phase.name, phase.streams.length > 1 ? stream.name : ''].filter(Boolean).join(' · '),
        phase,
        stream,
      })),
    ),
  );
}

function figuresTable(results: Results): Table {
  return {
    title: 'Throughput and latency, confirmed by every id',
    head: [
      ...['scenario', 'offered', 'events', 'accepted/s', 'ack p50 / p99 / max ms', 'delivered/s'],
      ...['event → receiver p50 / p99 / max ms', 'refused', 'lost', 'doubled', 'repeated', 'out of order'],
    ],
    leftColumns: [0, 1],
    rows: streamRows(results).map(({ name, stream }) => [
      ...[name, stream.offered, String(stream.sent), rate(stream.acceptedPerSecond), three(stream.ackMs)],
      ...[rate(stream.deliveredPerSecond), three(stream.deliveryMs), String(stream.refused), String(stream.lost)],
      ...[String(stream.doubled), String(stream.repeated), `${(stream.outOfOrderShare * 100).toFixed(0)} %`],
    ]),
  };
}

function costTable(results: Results): Table {
  const processes = ['main', 'gateway', 'worker', 'mailer', 'nodemailer', 'temporal', 'mongod', 'client', 'sink'];
  const phases = results.scenarios.flatMap((scenario) =>
    scenario.phases.map((phase) => ({ name: [scenario.name, phase.name].filter(Boolean).join(' · '), phase })),
  );
  const used = processes.filter((process) => phases.some(({ phase }) => process in phase.cpuMsPerEvent));
  return {
    title: 'CPU for each event in ms, and resident memory in MB (start → most → end)',
    head: ['scenario', 'all but client', ...used, 'others’ cores', ...used.map((process) => `${process} MB`)],
    leftColumns: [0],
    rows: phases.map(({ name, phase }) => [
      name,
      ms(serverCpuMsPerEvent(phase)),
      ...used.map((process) => ms(phase.cpuMsPerEvent[process])),
      phase.measured.othersCores.toFixed(2),
      ...used.map((process) => {
        const memory = phase.measured.memory[process];
        if (memory === undefined) return nothing;
        return [memory.startMb, memory.maxMb, memory.endMb].map((mb) => mb.toFixed(0)).join(' → ');
      }),
    ]),
  };
}

function ratioTable(results: Results): Table {
  const { bare } = results;
  // Emails have no latencies; their scenario has a bare limit of its own.
  const timed = streamRows(results).filter(({ stream }) => stream.ackMs.count > 0);
  const over = (value: number, limit: number): string => `${ms(value / limit)} ×`;
  return {
    title: 'The same as ratios to the bare limits of this run',
    head: [
      ...[
        'scenario',
        'ack p50 / insert',
        'event → receiver p50 / workflow',
        'accepted/s / Express',
        'accepted/s / inserts',
      ],
      'delivered/s / workflows',
    ],
    leftColumns: [0],
    rows:
      bare === undefined
        ? []
        : timed.map(({ name, stream }) => [
            name,
            over(stream.ackMs.p50, bare.insert.atRestMs.p50),
            over(stream.deliveryMs.p50, bare.oneActivityWorkflow.atRestMs.p50),
            over(stream.acceptedPerSecond, bare.express204.perSecond),
            over(stream.acceptedPerSecond, bare.insert.perSecond),
            over(stream.deliveredPerSecond, bare.oneActivityWorkflow.perSecond),
          ]),
  };
}

function targetTable(results: Results): Table {
  return {
    title: 'Targets',
    head: ['scenario', 'what', 'target', 'measured', 'reached'],
    leftColumns: [0, 1],
    rows: results.scenarios.flatMap(({ name, verdicts }) =>
      verdicts.map(({ what, target, measured, isReached }) => [name, what, target, measured, isReached ? 'yes' : 'NO']),
    ),
  };
}

function three({ p50, p99, max }: Distribution): string {
  return [p50, p99, max].map(ms).join(' / ');
}

/** Three digits that matter. */
function ms(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return nothing;
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function rate(perSecond: number): string {
  return perSecond >= 100 ? perSecond.toFixed(0) : perSecond.toFixed(1);
}
