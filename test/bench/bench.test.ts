import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { campaign } from '../../bench/scenarios/campaign';
import { clicks } from '../../bench/scenarios/clicks';
import type { ScenarioContext, ScenarioResult } from '../../bench/scenarios/scenario';
import { givenEngines } from '../../bench/system/engines';
import { startStand, streamOf, type Stand } from '../../bench/system/stand';
import { testMongoUri, testTemporalAddress } from '../support/engines';

const dir = mkdtempSync(path.join(tmpdir(), 'esx-test-bench-'));
let stand: Stand;

beforeAll(async () => {
  const engines = givenEngines({ mongoUri: testMongoUri(), temporalAddress: testTemporalAddress() });
  stand = await startStand({ engines, mode: 'one process', dir, settings: { LOG_LEVEL: 'warn' } });
}, 60_000);

afterAll(async () => {
  await stand.stop();
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

/** Every id of the load came back, once. */
const confirmed = { refused: 0, failedPosts: 0, lost: 0, doubled: 0 };

test('an open loop against the real processes: all accepted, all delivered, nothing doubled', async () => {
  const tenant = await stand.addTenant('open', ['/open']);
  const pace = { kind: 'open', perSecond: 50, durationMs: 3_000 } as const;
  const { phase } = await stand.measure('open loop', [streamOf(tenant, pace)]);
  const [figures] = phase.streams;
  expect(figures).toMatchObject({ sent: 150, accepted: 150, offered: '50/s', ...confirmed });
  expect(figures?.deliveryMs.count).toBe(150);
  expect(phase.cpuMsPerEvent['main']).toBeGreaterThan(0);
  expect(phase.measured.memory['main']?.maxMb).toBeGreaterThan(10);
}, 120_000);

test('a closed loop over two workspaces, one with two endpoints', async () => {
  const [one, two] = [await stand.addTenant('one', ['/one']), await stand.addTenant('two', ['/two/a', '/two/b'])];
  const closed = { kind: 'closed', clients: 8, durationMs: 60_000, maxPosts: 100 } as const;
  const { phase } = await stand.measure('closed loop', [streamOf(one, closed), streamOf(two, closed)]);
  expect(phase.streams).toMatchObject([
    { name: 'one', accepted: 100, deliveryMs: { count: 100 }, ...confirmed },
    { name: 'two', accepted: 100, deliveryMs: { count: 200 }, ...confirmed },
  ]);
}, 120_000);

test('batch bodies count by their events', async () => {
  const tenant = await stand.addTenant('batch', ['/batch']);
  const pace = { kind: 'closed', clients: 1, durationMs: 60_000, maxPosts: 1 } as const;
  const { phase } = await stand.measure('batch', [streamOf(tenant, pace, { eventsPerPost: 100 })]);
  expect(phase.streams).toMatchObject([{ sent: 100, accepted: 100, deliveryMs: { count: 100 }, ...confirmed }]);
}, 120_000);

test('what never comes is reported as lost', async () => {
  const tenant = await stand.addTenant('failing', ['/failing']);
  await stand.behave('/failing', { kind: 'fails', status: 500, everyNth: 1 });
  const pace = { kind: 'closed', clients: 1, durationMs: 10_000, maxPosts: 3 } as const;
  const { phase } = await stand.measure('lost', [streamOf(tenant, pace)], { quietMs: 1_000, listenOnMs: 0 });
  expect(phase.streams).toMatchObject([{ accepted: 3, lost: 3, doubled: 0 }]);
}, 60_000);

describe('the scenarios of email, cut short, with all their processes', () => {
  const context = (seconds: number): ScenarioContext => ({
    ...{ mode: 'one process', bare: undefined, seconds: () => seconds, minutes: 1, say: () => undefined },
    async onStand({ settings = {} }, work) {
      const engines = givenEngines({ mongoUri: testMongoUri(), temporalAddress: testTemporalAddress() });
      const own = await startStand({ engines, mode: 'one process', dir, settings: { LOG_LEVEL: 'warn', ...settings } });
      return work(own).finally(() => own.stop());
    },
  });
  const reached = ({ verdicts }: ScenarioResult, what: string): boolean | undefined =>
    verdicts.find((verdict) => verdict.what.startsWith(what))?.isReached;

  test('clicks are redirected and come as webhooks, each once', async () => {
    const result = await clicks.run(context(0.5));
    expect(result.phases[0]?.streams).toMatchObject([
      { name: 'clicks', sent: 250, accepted: 250, deliveryMs: { count: 250 }, ...confirmed },
      { name: 'identifies', sent: 50, accepted: 50, deliveryMs: { count: 50 }, ...confirmed },
    ]);
    expect(reached(result, 'lost and doubled')).toBe(true);
  }, 120_000);

  test('campaigns and bare nodemailer reach the SMTP server, each recipient once', async () => {
    const result = await campaign.run(context(0.1));
    expect(result.phases).toHaveLength(10);
    for (const { streams } of result.phases) expect(streams).toMatchObject([{ ...confirmed }]);
    expect(result.phases.map(({ streams }) => streams[0]?.accepted)).toEqual([50, 50, 25, 25, 25, 50, 50, 25, 25, 25]);
    expect(result.phases[0]?.cpuMsPerEvent).toHaveProperty('mailer');
    expect(reached(result, 'lost and doubled')).toBe(true);
    expect(reached(result, 'campaign.sent')).toBe(true);
  }, 120_000);
});
