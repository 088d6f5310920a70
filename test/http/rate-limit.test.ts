import { createRateLimit } from '../../src/http/rate-limit';
import { newId } from '../../src/mongo/new-id';
import { startTestGateway, until, type TestGateway } from '../ingest/gateway';

const windowSeconds = 2;
let gateway: TestGateway;
beforeEach(async () => {
  gateway = await startTestGateway({ limit: createRateLimit('ingest', 5, windowSeconds) });
});
afterEach(() => gateway.stop());

const pages = (count: number): object[] => Array.from({ length: count }, () => ({ type: 'page' }));

it('counts events, tells what is left, and answers 429 with Retry-After', async () => {
  const first = await gateway.segment(pages(3));
  expect(first.status).toBe(202);
  expect(first.headers.get('ratelimit-policy')).toBe(`"ingest";q=5;w=${windowSeconds}`);
  expect(first.headers.get('ratelimit')).toMatch(/^"ingest";r=2;t=[12]$/);
  expect(first.headers.get('retry-after')).toBeNull();

  const second = await gateway.segment(pages(2));
  expect([second.status, second.headers.get('ratelimit')]).toEqual([202, expect.stringContaining(';r=0;')]);

  const third = await gateway.segment({ type: 'identify', userId: 'u1' });
  expect([third.status, third.body.code]).toEqual([429, 'too_many_requests']);
  expect(third.headers.get('ratelimit')).toMatch(/^"ingest";r=0;t=[12]$/);
  expect(Number(third.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(Number(third.headers.get('retry-after'))).toBeLessThanOrEqual(windowSeconds);
  expect(await gateway.messages()).toEqual([]);
});

it('takes events again after the window', async () => {
  await gateway.segment(pages(5));
  const refused = await gateway.segment(pages(1));
  expect(refused.status).toBe(429);
  const startedMs = performance.now();
  await until(async () => (await gateway.segment(pages(1))).status === 202);
  expect(performance.now() - startedMs).toBeLessThanOrEqual(Number(refused.headers.get('retry-after')) * 1_000 + 500);
});

it('counts for each workspace, over all of its keys', async () => {
  const { key } = await gateway.addKey();
  await gateway.segment(pages(5));
  expect((await gateway.segment(pages(1), { key })).status).toBe(429);

  const workspaceId = newId('workspace');
  const at = new Date();
  await gateway.stores.workspaces.insert({
    _id: workspaceId,
    name: 'Other',
    plan: 'pro',
    createdAt: at,
    updatedAt: at,
  });
  const other = await gateway.addKey(workspaceId);
  expect((await gateway.segment(pages(1), { key: other.key })).status).toBe(202);
});

it('lets an empty batch pass', async () => {
  await gateway.segment(pages(5));
  const { status, headers } = await gateway.segment([]);
  expect([status, headers.get('ratelimit')]).toEqual([202, expect.stringContaining(';r=0;')]);
});

it('does not count what cannot be taken at all, and never answers it with 429', async () => {
  await gateway.segment(pages(4));
  const tooMany = await gateway.segment(`[${'0,'.repeat(5_000)}0]`);
  expect([tooMany.status, tooMany.body.code]).toEqual([413, 'too_many_events']);
  expect((await gateway.segment('not JSON')).status).toBe(400);
  expect((await gateway.segment(pages(1), { key: 'esx_live_unknown' })).status).toBe(401);
  expect((await gateway.segment(pages(1))).status).toBe(202);
});
