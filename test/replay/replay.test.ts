import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import * as workflows from '../../workflows';
import { workflowCode } from '../workflows/support/bundle';
import { parseHistory, toHistory, type HistoryJson } from '../workflows/support/history';
import { shapes } from './shapes';

const directory = path.join(__dirname, 'histories');
const names = readdirSync(directory).map((file) => path.basename(file, '.json'));

/** The error of each replay, undefined where the workflow did as it had done. One worker replays them all. */
async function replay(histories: Record<string, HistoryJson>): Promise<Map<string, Error | undefined>> {
  const errors = new Map<string, Error | undefined>();
  const results = Worker.runReplayHistories(
    { workflowBundle: { code: await workflowCode() } },
    Object.entries(histories).map(([workflowId, json]) => ({ workflowId, history: toHistory(json) })),
  );
  for await (const { workflowId, error } of results) errors.set(workflowId, error);
  return errors;
}

function readHistory(name: string): HistoryJson {
  return parseHistory(readFileSync(path.join(directory, `${name}.json`), 'utf8'));
}

/** Exchanges what two neighbouring events say, keeping their numbers. */
function exchange({ events }: HistoryJson, type: string): HistoryJson {
  const at = events.findIndex(({ eventType }) => eventType === type);
  const [first, second] = [events[at], events[at + 1]];
  if (!first || !second) throw new Error(`the history has no ${type} with an event after it`);
  const exchanged = [
    { ...second, eventId: first.eventId },
    { ...first, eventId: second.eventId },
  ];
  return { events: [...events.slice(0, at), ...exchanged, ...events.slice(at + 2)] };
}

beforeAll(() => {
  // Differences are expected in one test; they need no warning.
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } } },
  });
});

describe('the recorded histories', () => {
  it('are replayed by the workflows of today', async () => {
    expect(names.length).toBeGreaterThan(0);
    const errors = await replay(Object.fromEntries(names.map((name) => [name, readHistory(name)])));
    expect([...errors.keys()].sort()).toEqual([...names].sort());
    const failed = [...errors].flatMap(([name, error]) => (error ? [`${name}: ${error.message}`] : []));
    expect(failed).toEqual([]);
  });

  it('would show a workflow that takes its steps in another order, or other steps', async () => {
    const retried = readHistory('webhook-delivery.delivered-on-retry');
    const renamed = JSON.stringify(retried).replaceAll('"name":"attemptDelivery"', '"name":"somethingElse"');
    const errors = await replay({
      reordered: exchange(retried, 'EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES'),
      renamed: parseHistory(renamed),
      untouched: retried,
    });
    const kinds = Object.fromEntries([...errors].map(([name, error]) => [name, error?.name]));
    expect(kinds).toEqual({
      reordered: 'DeterminismViolationError',
      renamed: 'DeterminismViolationError',
      untouched: undefined,
    });
  });

  it('hold one for each way through a workflow that is known to the recorder', () => {
    expect([...names].sort()).toEqual(Object.keys(shapes).sort());
  });

  it('hold at least one for each Workflow Type', () => {
    const recorded = new Set(names.map((name) => typeOf(readHistory(name))));
    expect([...recorded].sort()).toEqual(Object.keys(workflows).sort());
  });

  it('name neither people nor machines', () => {
    const findings = names.flatMap((name) => {
      const text = JSON.stringify(readHistory(name));
      const payloads = [...text.matchAll(/"data":"([^"]+)"/g)].map(([, data]) => Buffer.from(data ?? '', 'base64'));
      const found = /\w@[a-z].*|stackTrace.*|\/(home|work|root|tmp)\/.*/.exec([text, ...payloads].join('\n'));
      return found ? [`${name}: ${found[0]}`] : [];
    });
    expect(findings).toEqual([]);
  });
});

/** The Workflow Type that a history's first event names. */
function typeOf({ events }: HistoryJson): string | undefined {
  return /"workflowType":\{"name":"(\w+)"/.exec(JSON.stringify(events[0]))?.[1];
}
