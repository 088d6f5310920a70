import { campaignActionRoutes } from '../../src/http/campaign-action-routes';
import { campaignRoutes } from '../../src/http/campaign-routes';
import type { Campaign } from '../../domain/campaign';
import type { FromCheck } from '../../src/http/from-check';
import { listRoutes } from '../../src/http/list-routes';
import { contactRoutes } from '../../src/http/contact-routes';
import { templateRoutes } from '../../src/http/template-routes';
import { createContactWrites } from '../../src/mongo/contact-writes';
import { readAll, startHarness, type Harness } from './harness';

/** What the campaigns' workflows were told. */
let told: { campaign: Campaign; lookAt: Date }[] = [];
let startedEmails: string[] = [];
let harness: Harness;

beforeAll(async () => {
  harness = await startHarness(({ database, stores, auth, now }) => {
    const checkSender: FromCheck = (_workspaceId, from) =>
      Promise.resolve(from.includes('acme.com') ? { ok: true } : { ok: false, reason: 'may not be sent from' });
    const deps = {
      ...stores,
      checkSender,
      tellCampaign: (campaign: Campaign, lookAt: Date) => {
        told.push({ campaign, lookAt });
        return Promise.resolve();
      },
      startEmail: (emailId: string) => {
        startedEmails.push(emailId);
        return Promise.resolve();
      },
      temporalUrl: (workflowId: string) => `http://temporal/${workflowId}`,
      now,
    };
    return [
      ...campaignRoutes(deps),
      ...campaignActionRoutes(deps),
      ...listRoutes({ ...stores, auth, now }),
      ...templateRoutes({ ...stores, now }),
      ...contactRoutes({
        ...stores,
        ...{ writes: createContactWrites(database, stores), afterCommit: () => Promise.resolve(), now },
        startErasure: () => undefined,
      }),
    ];
  });
});
afterAll(() => harness.close());
beforeEach(() => {
  told = [];
  startedEmails = [];
});

const soon = '2026-04-15T11:00:00.000Z';

async function addList(): Promise<string> {
  return (await harness.call('POST', '/lists', { name: 'Customers' })).body.id;
}
async function draft(more: object = {}): Promise<any> {
  const answer = await harness.call('POST', '/campaigns', {
    ...{
      name: 'April',
      subject: "What's new",
      html: '<p>Hello {{ contact.firstName }}</p>',
      listIds: [await addList()],
    },
    ...more,
  });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body;
}
const act = (id: string, action: string, body?: object) => harness.call('POST', `/campaigns/${id}/${action}`, body);

describe('a campaign', () => {
  test('is made as a draft with all that there is to say of it, and nothing is sent', async () => {
    const listId = await addList();
    const made = await harness.call('POST', '/campaigns', {
      ...{
        name: 'April',
        subject: 'Hi',
        html: '<p>Hello</p>',
        text: 'Hello',
        preheader: 'Look',
        listIds: [listId, listId],
      },
      ...{ from: 'News <news@acme.com>', ratePerSecond: 50, scheduledAt: '2026-04-15T13:00:00+02:00' },
    });
    expect(made.status).toBe(201);
    const none = {
      delivered: 0,
      bounced: 0,
      complained: 0,
      unsubscribed: 0,
      opened: 0,
      opens: 0,
      clicked: 0,
      clicks: 0,
    };
    expect(made.body).toEqual({
      id: expect.stringMatching(/^cmp_[0-9a-f]{24}$/),
      ...{ name: 'April', subject: 'Hi', html: '<p>Hello</p>', text: 'Hello', preheader: 'Look', templateId: null },
      ...{ from: 'News <news@acme.com>', listIds: [listId], ratePerSecond: 50, status: 'draft', problem: null },
      ...{ scheduledAt: soon, startedAt: null, sentAt: null },
      ...{ createdAt: '2026-04-15T10:00:00.000Z', updatedAt: '2026-04-15T10:00:00.000Z' },
      progress: { audience: 0, sent: 0, skipped: 0, failed: 0, retrying: 0 },
      counts: none,
      rates: { delivered: 0, opened: 0, clicked: 0, bounced: 0, complained: 0, unsubscribed: 0 },
      workflowId: `campaign/${made.body.id}`,
      temporalUrl: `http://temporal/campaign/${made.body.id}`,
    });
    expect((await harness.call('GET', `/campaigns/${made.body.id}`)).body).toEqual(made.body);
    expect(told).toEqual([]);
  });

  test.each([
    ['html and templateId', { templateId: 'tpl_000000000000000000000001' }, '/templateId'],
    ['neither', { html: undefined }, '/html'],
    ['an unknown template', { html: undefined, templateId: 'tpl_000000000000000000000001' }, '/templateId'],
    ['an unknown list', { listIds: ['lst_000000000000000000000001'] }, '/listIds/0'],
    ['no list', { listIds: [] }, '/listIds'],
    ['broken Liquid', { html: '<p>{{ contact.firstName</p>' }, '/html'],
    ['a sender of somebody else', { from: 'a@evil.com' }, '/from'],
    ['a rate of nothing', { ratePerSecond: 0 }, '/ratePerSecond'],
    ['a rate beyond all bounds', { ratePerSecond: 10_001 }, '/ratePerSecond'],
    ['a time that is none', { scheduledAt: 'tomorrow' }, '/scheduledAt'],
    ['a status', { status: 'sent' }, '/status'],
  ])('with %s is refused', async (_what, more, pointer) => {
    const answer = await harness.call('POST', '/campaigns', {
      ...{ name: 'April', subject: 'Hi', html: '<p>Hello</p>', listIds: [await addList()] },
      ...more,
    });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
  });

  test('made twice under one Idempotency-Key is one', async () => {
    const body = { name: 'Once', subject: 'Hi', html: '<p>Hi</p>', listIds: [await addList()] };
    const first = await harness.call('POST', '/campaigns', body, { 'idempotency-key': 'campaign-1' });
    const second = await harness.call('POST', '/campaigns', body, { 'idempotency-key': 'campaign-1' });
    expect(second.body.id).toBe(first.body.id);
  });

  test('is listed newest first, each once, without its content, for its workspace alone', async () => {
    const { call } = await harness.addWorkspace();
    const listId = (await call('POST', '/lists', { name: 'L' })).body.id;
    for (const name of ['a', 'b', 'c'])
      await call('POST', '/campaigns', { name, subject: 's', html: 'h', listIds: [listId] });
    const rows = await readAll(call, '/campaigns', 2);
    expect(rows.map(({ name }: { name: string }) => name)).toEqual(['c', 'b', 'a']);
    expect(rows[0]).not.toHaveProperty('html');
    expect((await harness.call('GET', `/campaigns/${rows[0].id}`)).status).toBe(404);
    expect((await harness.call('POST', `/campaigns/${rows[0].id}/send`)).status).toBe(404);
    expect((await call('POST', `/campaigns/${rows[0].id}/send`)).status).toBe(202);
  });

  test('can be changed field by field; null takes away, html replaces a template and the other way round', async () => {
    const { id } = await draft({ text: 'Hello', preheader: 'Look', from: 'a@acme.com', scheduledAt: soon });
    const template = (await harness.call('POST', '/templates', { name: 'T', subject: 'T', html: '<p>T</p>' })).body.id;
    const path = `/campaigns/${id}`;
    const changed = await harness.call('PATCH', path, { name: 'May', preheader: null, from: null, scheduledAt: null });
    expect(changed).toMatchObject({
      status: 200,
      body: { name: 'May', preheader: null, from: null, scheduledAt: null },
    });
    expect((await harness.call('PATCH', path, { templateId: template })).body).toMatchObject({
      ...{ templateId: template, html: null, text: null, subject: "What's new" },
    });
    expect((await harness.call('PATCH', path, { html: '<p>Own</p>' })).body).toMatchObject({
      ...{ templateId: null, html: '<p>Own</p>' },
    });
    expect((await harness.call('PATCH', path, { html: '{% if %}' })).status).toBe(422);
    expect((await harness.call('GET', path)).body.html).toBe('<p>Own</p>');
    expect(told).toEqual([]);
  });

  test('shows what was heard of its emails, in counts and in percent', async () => {
    const { id } = await draft();
    await harness.stores.campaigns.collection.updateOne(
      { _id: id },
      {
        $set: {
          ...{ status: 'sent', 'progress.sent': 300, 'progress.failed': 100 },
          ...{ 'counts.delivered': 297, 'counts.opened': 100, 'counts.opens': 400, 'counts.bounced': 104 },
        },
      },
    );
    expect((await harness.call('GET', `/campaigns/${id}`)).body).toMatchObject({
      counts: { delivered: 297, opened: 100, opens: 400, bounced: 104 },
      rates: { delivered: 99, opened: 33.3, clicked: 0, bounced: 26 },
    });
  });
});

describe('sending', () => {
  test('at once: the state is stored first, then the workflow is told', async () => {
    const { id } = await draft();
    const sent = await act(id, 'send');
    expect(sent).toMatchObject({ status: 202, body: { id, status: 'sending', scheduledAt: null } });
    expect(told).toMatchObject([{ campaign: { id, status: 'sending' } }]);
    const [left] = await harness.stores.campaigns.leftBehind(new Date(harness.clock.nowMs + 60_000), 1_000);
    expect(left).toBeDefined();
    expect(
      (await harness.stores.campaigns.leftBehind(new Date(harness.clock.nowMs + 60_000), 1_000)).map((each) => each.id),
    ).toContain(id);
    await harness.stores.campaigns.told(id, told[0]?.lookAt ?? new Date(0), new Date(harness.clock.nowMs));
    expect(
      (await harness.stores.campaigns.leftBehind(new Date(harness.clock.nowMs + 60_000), 1_000)).map((each) => each.id),
    ).not.toContain(id);
  });

  test('at a time: its own, another one, or none', async () => {
    const { id } = await draft({ scheduledAt: soon });
    expect((await act(id, 'send')).body).toMatchObject({ status: 'scheduled', scheduledAt: soon });
    const later = '2026-04-16T10:00:00.000Z';
    expect((await act(id, 'send', { scheduledAt: later })).body).toMatchObject({
      status: 'scheduled',
      scheduledAt: later,
    });
    const moved = await harness.call('PATCH', `/campaigns/${id}`, { scheduledAt: soon, subject: 'New' });
    expect(moved.body).toMatchObject({ status: 'scheduled', scheduledAt: soon, subject: 'New' });
    expect(told.map(({ campaign }) => campaign.scheduledAtMs)).toEqual([soon, later, soon].map(Date.parse));
    expect((await harness.call('PATCH', `/campaigns/${id}`, { scheduledAt: null })).status).toBe(409);
    expect((await act(id, 'send', { scheduledAt: null })).body).toMatchObject({ status: 'sending', scheduledAt: null });
  });

  test('at a time that is past is at once', async () => {
    const { id } = await draft();
    expect((await act(id, 'send', { scheduledAt: '2020-01-01T00:00:00Z' })).body.status).toBe('sending');
  });

  test('is refused when a list or the template has gone since', async () => {
    const one = await draft();
    await harness.call('DELETE', `/lists/${one.listIds[0]}`);
    expect(await act(one.id, 'send')).toMatchObject({ status: 422, body: { code: 'unknown_list' } });
    const template = (await harness.call('POST', '/templates', { name: 'T', subject: 'T', html: '<p>T</p>' })).body.id;
    const other = await draft({ html: undefined, templateId: template });
    await harness.call('DELETE', `/templates/${template}`);
    expect(await act(other.id, 'send')).toMatchObject({ status: 422, body: { errors: [{ pointer: '/templateId' }] } });
    expect(told).toEqual([]);
  });

  test('twice is a conflict that says what to do, also when both come at once', async () => {
    const { id } = await draft();
    const answers = await Promise.all([act(id, 'send'), act(id, 'send'), act(id, 'send')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 202, 202].fill(409, 1));
    expect(answers.find(({ status }) => status === 409)?.body.detail).toContain(`/campaigns/${id}/pause`);
    expect(told).toHaveLength(1);
  });
});

describe('the states', () => {
  const actions = ['send', 'pause', 'resume', 'cancel', 'PATCH', 'DELETE'] as const;
  const allowed: Record<Campaign['status'], readonly (typeof actions)[number][]> = {
    draft: ['send', 'cancel', 'PATCH', 'DELETE'],
    scheduled: ['send', 'pause', 'cancel', 'PATCH'],
    sending: ['pause', 'cancel'],
    paused: ['resume', 'cancel'],
    sent: [],
    cancelled: ['DELETE'],
  };
  const cases = Object.entries(allowed).flatMap(([status, may]) =>
    actions.map((action) => [status, action, may.includes(action)] as const),
  );
  test.each(cases)('%s: %s is allowed: %p', async (status, action, isAllowed) => {
    const { id } = await draft();
    await harness.stores.campaigns.collection.updateOne(
      { _id: id },
      { $set: { status: status as Campaign['status'] } },
    );
    const answer =
      action === 'PATCH' || action === 'DELETE'
        ? await harness.call(action, `/campaigns/${id}`, action === 'PATCH' ? { name: 'Other' } : undefined)
        : await act(id, action);
    if (isAllowed) expect(answer.status).toBeLessThan(300);
    else {
      expect(answer).toMatchObject({ status: 409, body: { code: 'campaign_state' } });
      expect(answer.body.detail).toMatch(/^The campaign cannot be \w+\. It (is|was) .*(POST|PATCH)/);
      expect((await harness.call('GET', `/campaigns/${id}`)).body.status).toBe(status);
    }
  });

  test('a scheduled one that was held goes back to its schedule, or begins when the time is past', async () => {
    const { id } = await draft({ scheduledAt: soon });
    await act(id, 'send');
    expect((await act(id, 'pause')).body.status).toBe('paused');
    expect((await act(id, 'resume')).body.status).toBe('scheduled');
    await act(id, 'pause');
    harness.clock.nowMs += 7_200_000;
    expect((await act(id, 'resume')).body.status).toBe('sending');
    harness.clock.nowMs -= 7_200_000;
  });
});

test('a test email goes to one address, with the content of the moment', async () => {
  const template = (await harness.call('POST', '/templates', { name: 'T', subject: 'T', html: '<p>T</p>', text: 'T' }))
    .body.id;
  const { id } = await draft({ html: undefined, templateId: template, from: 'News <news@acme.com>' });
  const answer = await act(id, 'test', { to: ' Me@Example.com ' });
  expect(answer).toMatchObject({ status: 202, body: { emailId: expect.stringMatching(/^eml_/), status: 'queued' } });
  const [row] = await harness.stores.emails.byIds([answer.body.emailId]);
  expect(row).toMatchObject({
    ...{ kind: 'test', to: 'me@example.com', status: 'queued', campaignId: id, from: 'News <news@acme.com>' },
    content: { subject: "What's new", html: '<p>T</p>', text: 'T' },
  });
  expect(row).not.toHaveProperty('contactId');
  expect(startedEmails).toEqual([answer.body.emailId]);
  expect((await act(id, 'test', { to: 'a@example.com\r\nBcc: b@example.com' })).status).toBe(422);
});

test('the audience is the union of the lists without those who would be left out, and says why', async () => {
  const [one, two] = [await addList(), await addList()];
  const add = async (name: string, listIds: string[], status?: string) => {
    const { id } = (await harness.call('POST', '/contacts', { email: `${name}@example.com`, listIds })).body;
    if (status)
      await harness.stores.contacts.collection.updateOne({ _id: id }, { $set: { status: status as 'active' } });
  };
  await add('both', [one, two]);
  await add('first', [one]);
  await add('second', [two]);
  await add('left', [one, two], 'unsubscribed');
  await add('dead', [two], 'bounced');
  await add('angry', [two], 'complained');
  await add('barred', [one]);
  await add('elsewhere', [await addList()]);
  await harness.stores.suppressions.add(
    harness.workspaceId,
    [
      { email: 'barred@example.com', reason: 'manual' },
      { email: 'dead@example.com', reason: 'bounced' },
    ],
    new Date(),
  );
  const { id } = await draft({ listIds: [one, two] });
  const audience = { count: 3, skipped: { unsubscribed: 1, bounced: 1, complained: 1, suppressed: 1 } };
  expect((await harness.call('GET', `/campaigns/${id}/audience`)).body).toEqual(audience);
  // Also before there is a campaign.
  expect((await harness.call('POST', '/campaigns/audience', { listIds: [one, two] })).body).toEqual(audience);
  const foreign = await (await harness.addWorkspace()).call('POST', '/campaigns/audience', { listIds: [one] });
  expect(foreign).toMatchObject({ status: 422, body: { errors: [{ pointer: '/listIds/0' }] } });
});
