import { noCounts, noProgress } from '../../domain/campaign';
import type { Email } from '../../domain/email';
import { campaignResultRoutes } from '../../src/http/campaign-result-routes';
import { emailRoutes } from '../../src/http/email-routes';
import { createEmailWrites } from '../../src/mongo/email-writes';
import { newId } from '../../src/mongo/new-id';
import { readAll, startHarness, type Harness } from './harness';

const hourMs = 3_600_000;
let clockMs = 0;
let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(({ database, stores, now }) => [
    ...campaignResultRoutes({ ...stores, now, temporalUrl: () => null, clockMs: () => clockMs }),
    ...emailRoutes({
      ...{ ...stores, now, emailWrites: createEmailWrites(database, stores), temporalUrl: () => null },
      checkSender: () => Promise.resolve({ ok: true }),
      startEmail: () => Promise.resolve(),
      afterCommit: () => Promise.resolve(),
    }),
  ]);
});
afterAll(() => harness.close());

async function addCampaign(more: object = {}): Promise<string> {
  const id = newId('campaign');
  const nowMs = harness.now();
  await harness.stores.campaigns.insert({
    ...{ id, workspaceId: harness.workspaceId, name: 'April', subject: 'Hello', html: '<p>Hi</p>', listIds: [] },
    ...{ ratePerSecond: 100, status: 'sent', createdAtMs: nowMs, updatedAtMs: nowMs, startedAtMs: nowMs },
    ...{ sentAtMs: nowMs + 90_000, progress: noProgress, counts: noCounts },
    ...more,
  });
  return id;
}
async function addEmail(campaignId: string, more: Partial<Email> = {}): Promise<string> {
  const id = newId('email');
  await harness.stores.emails.insert([
    {
      ...{ id, workspaceId: harness.workspaceId, kind: 'campaign', campaignId, to: `${id}@example.com`, opens: 0 },
      ...{ clicks: 0, status: 'delivered', createdAtMs: harness.now(), contactId: newId('contact') },
      ...more,
    },
  ]);
  return id;
}
async function addClicks(emailId: string, url: string, times: number): Promise<void> {
  const at = new Date(harness.now());
  await harness.stores.emailEvents.collection.insertMany(
    Array.from({ length: times }, () => ({
      ...{ _id: newId('emailEvent'), emailId, at, receivedAt: at, state: 'done' as const, doneAt: at },
      news: { kind: 'clicked' as const, url, userAgent: '', ip: '', flags: [] },
      outcome: { status: 'counted' as const, eventIds: [] },
    })),
  );
}
const resultsOf = async (id: string) => (await harness.call('GET', `/campaigns/${id}/results`)).body;

test('results name the reasons, the links and what happened when', async () => {
  const id = await addCampaign();
  const startMs = harness.now();
  for (const reason of [
    'the contact has unsubscribed',
    'the contact has unsubscribed',
    'the address is suppressed: bounced',
  ])
    await addEmail(id, { status: 'skipped', reason });
  const first = await addEmail(id, { openedAtMs: startMs + 5, clickedAtMs: startMs + 6, opens: 3, clicks: 4 });
  const second = await addEmail(id, { openedAtMs: startMs + 3 * hourMs, clickedAtMs: startMs + 3 * hourMs });
  await addEmail(id, { openedAtMs: startMs + 50 * hourMs });
  await addClicks(first, 'https://example.com/a', 3);
  await addClicks(first, 'https://example.com/b', 1);
  await addClicks(second, 'https://example.com/a', 1);
  // Of another campaign, and of one whose person was erased.
  await addClicks(await addEmail(await addCampaign(), { clickedAtMs: startMs }), 'https://example.com/c', 5);
  await addClicks(second, '', 1);
  harness.clock.nowMs = startMs + 51 * hourMs;

  const results = await resultsOf(id);
  harness.clock.nowMs = startMs;
  expect(results).toMatchObject({
    ...{ id, name: 'April', status: 'sent', pace: { elapsedMs: 90_000, ratePerMinute: null, etaMs: null } },
    skippedBy: [
      { reason: 'the contact has unsubscribed', count: 2 },
      { reason: 'the address is suppressed: bounced', count: 1 },
    ],
    links: [
      { url: 'https://example.com/a', unique: 2, total: 4 },
      { url: 'https://example.com/b', unique: 1, total: 1 },
    ],
    otherLinks: 0,
  });
  expect(results.timeline).toHaveLength(49);
  expect(results.timeline[0]).toEqual({
    ...{ from: '2026-04-15T10:00:00.000Z', until: '2026-04-15T11:00:00.000Z', opened: 1, clicked: 1 },
  });
  expect(results.timeline[3]).toMatchObject({ opened: 1, clicked: 1 });
  expect(results.timeline[48]).toMatchObject({ until: '2026-04-18T10:00:00.000Z', opened: 1, clicked: 0 });
});

test('while it sends, the rate of now and the time that is left are told', async () => {
  const progress = { audience: 100, sent: 30, skipped: 10, failed: 0, retrying: 0 };
  const startedAtMs = harness.now() - 60_000;
  const id = await addCampaign({ status: 'sending', sentAtMs: undefined, startedAtMs, progress });
  for (let row = 0; row < 20; row++) await addEmail(id, { createdAtMs: harness.now() - 1_000 });
  await addEmail(id, { createdAtMs: harness.now() - 40_000 });
  // 20 in the ten seconds that a campaign of this rate is looked at.
  expect((await resultsOf(id)).pace).toEqual({ elapsedMs: 60_000, ratePerMinute: 120, etaMs: 30_000 });
});

test('what costs much is read at most every three seconds, how far it has come each time', async () => {
  const id = await addCampaign({ status: 'sending', sentAtMs: undefined });
  expect(await resultsOf(id)).toMatchObject({ skippedBy: [], progress: { sent: 0 } });
  await addEmail(id, { status: 'skipped', reason: 'the contact was deleted' });
  await harness.stores.campaigns.setProgress(id, { ...noProgress, sent: 1 });
  expect(await resultsOf(id)).toMatchObject({ skippedBy: [], progress: { sent: 1 } });
  clockMs += 600_000;
  expect(await resultsOf(id)).toMatchObject({ skippedBy: [{ count: 1 }] });
});

test('a campaign that has not begun has no results yet; one of another workspace is not found', async () => {
  const id = await addCampaign({ status: 'draft', startedAtMs: undefined, sentAtMs: undefined });
  expect(await resultsOf(id)).toMatchObject({ timeline: [], links: [], pace: { elapsedMs: null } });
  const { call } = await harness.addWorkspace();
  expect((await call('GET', `/campaigns/${id}/results`)).status).toBe(404);
  expect((await call('GET', `/campaigns/${id}/recipients.csv`)).status).toBe(404);
});

describe('recipients', () => {
  const csv = async (id: string, query = '') => {
    const url = `${harness.url}/api/v1/campaigns/${id}/recipients.csv${query}`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${harness.key}` } });
    return { headers: response.headers, lines: (await response.text()).split('\r\n') };
  };

  test('are a file in which no spreadsheet finds a formula', async () => {
    const id = await addCampaign();
    await addEmail(id, { to: '=cmd@example.com', status: 'failed', reason: '+1+1, "no"', bounceType: 'hard' });
    await addEmail(id, { kind: 'test', to: 'author@example.com' });
    const { headers, lines } = await csv(id);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(headers.get('content-disposition')).toBe(`attachment; filename=${id}-all.csv`);
    expect(lines[0]).toMatch(/^email,status,reason,queuedAt,sentAt,/);
    expect(lines[1]).toMatch(/^'=cmd@example\.com,failed,"'\+1\+1, ""no""",2026-04-15T10:00:00\.000Z,,/);
    expect(lines.slice(2)).toEqual(['']);
  });

  test('of a large campaign all come, each once, also those of one outcome', async () => {
    const id = await addCampaign();
    const rows = Array.from({ length: 2_345 }, (_each, row): Email => ({
      ...{
        id: newId('email'),
        workspaceId: harness.workspaceId,
        kind: 'campaign',
        campaignId: id,
        opens: 0,
        clicks: 0,
      },
      ...{
        to: `reader${row}@example.com`,
        status: row % 2 ? 'bounced' : 'delivered',
        createdAtMs: harness.now() + row,
      },
      // Many at one time.
      openedAtMs: harness.now() + (row % 7),
    }));
    await harness.stores.emails.insert(rows);
    const namesOf = (lines: string[]) => new Set(lines.slice(1, -1).map((line) => line.split(',')[0]));
    const all = await csv(id);
    expect(all.lines).toHaveLength(2_345 + 2);
    expect(namesOf(all.lines).size).toBe(2_345);
    expect(namesOf((await csv(id, '?outcome=bounced')).lines).size).toBe(1_172);
    expect(namesOf((await csv(id, '?outcome=opened')).lines).size).toBe(2_345);
  });
});

describe('the log of emails', () => {
  const idsOf = async (call: Harness['call'], query: string) =>
    (await readAll(call, `/emails?${query}`, 2)).map(({ id }: { id: string }) => id);

  test('shows what became of a campaign, page by page', async () => {
    const id = await addCampaign();
    const nowMs = harness.now();
    const waiting = [await addEmail(id, { status: 'queued' }), await addEmail(id, { status: 'sending' })];
    const skipped = await addEmail(id, { status: 'skipped' });
    const opened = [];
    for (let row = 0; row < 5; row++) opened.push(await addEmail(id, { openedAtMs: nowMs + row, status: 'delivered' }));
    const left = await addEmail(id, { unsubscribedAtMs: nowMs, clickedAtMs: nowMs });
    expect((await idsOf(harness.call, `campaignId=${id}&outcome=waiting`)).sort()).toEqual(waiting.sort());
    expect(await idsOf(harness.call, `campaignId=${id}&outcome=skipped`)).toEqual([skipped]);
    // The one that opened it last comes first.
    expect(await idsOf(harness.call, `campaignId=${id}&outcome=opened`)).toEqual([...opened].reverse());
    expect(await idsOf(harness.call, `campaignId=${id}&outcome=unsubscribed`)).toEqual([left]);
    expect(await idsOf(harness.call, `campaignId=${id}&outcome=clicked`)).toEqual([left]);
    expect(await idsOf(harness.call, `campaignId=${id}`)).toHaveLength(9);
  });

  test('is filtered by kind and outcome', async () => {
    const { call, workspaceId } = await harness.addWorkspace();
    const add = (more: Partial<Email>) => addEmail('transactional', { workspaceId, kind: 'transactional', ...more });
    const failed = await add({ status: 'failed' });
    const waiting = await add({ status: 'queued' });
    const test = await add({ status: 'failed', kind: 'test', to: 'me@example.com' });
    expect((await idsOf(call, 'outcome=failed')).sort()).toEqual([failed, test].sort());
    expect(await idsOf(call, 'outcome=failed&kind=test')).toEqual([test]);
    expect((await idsOf(call, 'kind=transactional')).sort()).toEqual([failed, waiting].sort());
    expect(await idsOf(call, 'to=me@example.com&outcome=failed&kind=test')).toEqual([test]);
    expect(await idsOf(call, 'to=me@example.com&outcome=opened')).toEqual([]);
  });

  test.each(['outcome=opened', 'outcome=waiting', 'outcome=lost', 'kind=letter', 'campaignId=x&kind=test'])(
    'refuses %s, and names the field',
    async (query) => {
      const answer = await harness.call('GET', `/emails?${query}`);
      expect(answer).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: expect.stringMatching(/^\/(outcome|kind)$/) }] },
      });
    },
  );
});
