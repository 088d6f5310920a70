import type { Pace } from '../client/load';
import type { StreamFigures } from '../figures';
import { streamOf } from '../system/stand';
import { warmUp } from './warm-up';
import { atLeast, atMost, nothingLost, type Scenario, type ScenarioContext, type Verdict } from './scenario';

/** One workspace, one endpoint, one pace. */
function load(
  name: string,
  shows: string,
  pace: (context: ScenarioContext) => Pace,
  verdicts: (figures: StreamFigures, context: ScenarioContext) => Verdict[],
): Scenario {
  return {
    name,
    shows,
    run: (context) =>
      context.onStand({}, async (stand) => {
        await warmUp(stand);
        const tenant = await stand.addTenant('all', ['/all']);
        const { phase } = await stand.measure('', [streamOf(tenant, pace(context))]);
        const [figures] = phase.streams;
        const own = figures === undefined ? [] : verdicts(figures, context);
        return { phases: [phase], verdicts: [nothingLost([phase]), ...own], notes: [] };
      }),
  };
}

const open =
  (perSecond: number, seconds: number) =>
  (context: ScenarioContext): Pace => ({ kind: 'open', perSecond, durationMs: context.seconds(seconds) * 1_000 });
const closed =
  (clients: number, seconds: number) =>
  (context: ScenarioContext): Pace => ({ kind: 'closed', clients, durationMs: context.seconds(seconds) * 1_000 });

/** An open loop counts as held when what came out kept up with what went in. */
const heldShare = 0.97;

export const loads: Scenario[] = [
  load(
    'rest',
    'An event by itself is stored, answered and delivered at once.',
    (context) => ({ kind: 'closed', clients: 1, everyMs: 100, durationMs: context.seconds(30) * 1_000 }),
    ({ ackMs, deliveryMs }, { bare }) => [
      ...(bare === undefined
        ? []
        : [atMost('ack p50 against a bare insert at the same pace', ackMs.p50 / bare.insert.atRestMs.p50, 2, '×')]),
      atMost('event → receiver p50', deliveryMs.p50, 60, 'ms'),
      atMost('event → receiver p50, beyond the target', deliveryMs.p50, 40, 'ms'),
    ],
  ),
  load('o200', 'A moderate load stays quick.', open(200, 30), ({ ackMs, deliveryMs }) => [
    atMost('ack p99', ackMs.p99, 25, 'ms'),
    atMost('event → receiver p50', deliveryMs.p50, 90, 'ms'),
    atMost('event → receiver p50, beyond the target', deliveryMs.p50, 60, 'ms'),
  ]),
  load('o500', 'Half of the highest load.', open(500, 30), (figures) => [
    atLeast('delivered', figures.deliveredPerSecond, 500 * heldShare, '/s'),
  ]),
  load('o1000', 'The highest load is held for a minute.', open(1_000, 60), (figures) => [
    atLeast('accepted', figures.acceptedPerSecond, 1_000 * heldShare, '/s'),
    atLeast('delivered', figures.deliveredPerSecond, 1_000 * heldShare, '/s'),
    atMost('event → receiver p50', figures.deliveryMs.p50, 250, 'ms'),
  ]),
  load('b64', 'The peak with 64 clients, each waiting for its answer.', closed(64, 20), (figures) => [
    atLeast('delivered, beyond the target', figures.deliveredPerSecond, 1_000, '/s'),
  ]),
  load('b256', 'The peak with 256 clients.', closed(256, 20), (figures) => [
    atLeast('delivered, beyond the target', figures.deliveredPerSecond, 1_500, '/s'),
  ]),
];
