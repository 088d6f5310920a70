import { createCommitMessages } from '../../activities/commit-messages';
import { GroupPressure } from '../../activities/group-pressure';
import { RecentEvents } from '../../activities/recent-events';
import { eventKey } from '../../domain/event-name';
import { workflowIds } from '../../domain/ids';
import { eventRoutes } from '../../src/http/event-routes';
import { Receiver } from '../../src/ingest/receive';
import { createMessageLane } from '../../src/ingest/lanes';
import { StartBudget } from '../../src/ingest/start-budget';
import { createLogger } from '../../src/logger';
import { newId } from '../../src/mongo/new-id';
import { readAll, startHarness, type Harness } from './harness';

let harness: Harness;
let receiver: Receiver;
const urlOf = (workflowId: string): string => `https://temporal.example/${workflowId}`;
beforeAll(async () => {
  harness = await startHarness(({ stores, now }) => {
    const logger = createLogger('silent');
    const nothing = (): Promise<void> => Promise.resolve();
    const starter = { startContactUpsert: nothing, startCustomEvent: nothing, startBatch: nothing };
    const lane = createMessageLane({
      starter,
      messages: { done: (keys) => Promise.resolve(new Set(keys)) },
      budget: new StartBudget(100),
      logger,
    });
    receiver = new Receiver({ ...stores, lane, now, logger, onReceipts: () => {} });
    return eventRoutes({ ...stores, temporalUrl: urlOf, lateIdentifyWaitMs: 600_000 });
  });
});
afterAll(() => harness.close());
beforeEach(() => {
  harness.clock.nowMs = Date.parse('2026-04-15T10:00:00Z');
});

const receive = (workspaceId: string, ...items: object[]) =>
  receiver.receive({ workspaceId, source: 'segment', items, text: JSON.stringify(items) });
/** What the workflow of these messages does. */
const apply = (workspaceId: string, messageIds: string[], mayWait = false) =>
  createCommitMessages({
    ingest: harness.stores.ingest,
    now: harness.now,
    newId,
    ownWorkflowId: () => undefined,
    recentEvents: new RecentEvents(),
    pressure: new GroupPressure(),
  }).commitMessages({
    keys: messageIds.map((id) => `${workspaceId}/${id}`),
    mayWait,
  });
const addAutomation = async (workspaceId: string, eventName: string, status: 'active' | 'draft' = 'active') => {
  const id = newId('automation');
  await harness.stores.automations.save({
    ...{ id, workspaceId, name: `on ${eventName}`, status, trigger: { type: 'CUSTOM_EVENT', eventName } },
    ...{ eventKey: eventKey(eventName), steps: [], version: 1, createdAtMs: harness.now(), updatedAtMs: harness.now() },
  });
  return id;
};
const identify = {
  type: 'identify',
  messageId: 'i-1',
  userId: 'u-1',
  traits: { email: 'ada@example.com', plan: 'pro' },
};
const track = {
  type: 'track',
  messageId: 't-1',
  userId: 'u-1',
  event: 'Purchase Completed',
  properties: { amount: 5 },
};

test('an identify shows the contact that it made, what changed, and its webhook event', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  await receive(workspaceId, { ...identify, timestamp: '2026-04-15T09:00:00Z' });
  const { eventIds } = await apply(workspaceId, ['i-1']);
  const { status, body } = await call('GET', '/events/i-1');
  expect(status).toBe(200);
  const [contact] = await harness.stores.contacts.page(workspaceId, {}, { limit: 1 });
  expect(body).toEqual({
    id: 'i-1',
    messageId: 'i-1',
    type: 'identify',
    source: 'segment',
    receivedAt: '2026-04-15T10:00:00.000Z',
    occurredAt: '2026-04-15T09:00:00.000Z',
    state: 'done',
    status: 'created',
    event: null,
    eventKey: null,
    userId: 'u-1',
    email: 'ada@example.com',
    contactId: contact?.id,
    outcome: { status: 'created', changes: ['metadata.plan'], eventIds },
    automations: [],
    reason: null,
    didYouMean: [],
    notes: [],
    listId: null,
    workflowId: `identify/${workspaceId}/i-1`,
    temporalUrl: `https://temporal.example/identify/${workspaceId}/i-1`,
    payload: { ...identify, timestamp: '2026-04-15T09:00:00Z' },
    runs: [],
    emails: [],
    webhookEvents: [
      {
        ...{ id: eventIds[0], event: 'contact.created', createdAt: '2026-04-15T10:00:00.000Z' },
        ...{ isDispatched: false, deliveries: [] },
      },
    ],
  });
});

test('a track shows which automations ran and why others did not', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const active = await addAutomation(workspaceId, 'purchase_completed');
  const draft = await addAutomation(workspaceId, 'purchaseCompleted', 'draft');
  await receive(workspaceId, identify, track);
  await apply(workspaceId, ['i-1', 't-1']);
  const { body } = await call('GET', '/events/t-1');
  expect(body).toMatchObject({
    status: 'recorded',
    event: 'Purchase Completed',
    eventKey: 'purchase_completed',
    reason: null,
  });
  const workflowId = workflowIds.automationRun(`${active}/${body.contactId}/t-1`);
  expect(body.automations).toEqual([
    {
      automationId: active,
      name: 'on purchase_completed',
      ran: true,
      reason: null,
      workflowId,
      temporalUrl: urlOf(workflowId),
    },
    {
      automationId: draft,
      name: 'on purchaseCompleted',
      ran: false,
      reason: expect.stringContaining('draft'),
      workflowId: null,
      temporalUrl: null,
    },
  ]);
});

test('a track that no automation listens to names what may have been meant', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  await addAutomation(workspaceId, 'Purchase Complete');
  await addAutomation(workspaceId, 'Signed Up');
  await addAutomation(harness.workspaceId, 'purchase completd');
  await receive(workspaceId, identify, track);
  await apply(workspaceId, ['i-1', 't-1']);
  const wanted = { reason: 'no automation listens to "purchase_completed"', didYouMean: ['purchase_complete'] };
  expect((await call('GET', '/events/t-1')).body).toMatchObject(wanted);
  expect((await call('GET', '/events?type=track')).body.data).toMatchObject([wanted]);
});

test('a track that waits says until when; one that nobody came for says why it ended', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  await receive(workspaceId, track);
  expect((await call('GET', '/events/t-1')).body).toMatchObject({
    ...{ state: 'received', status: 'received', contactId: null, outcome: null },
    reason: 'it is stored and waits for a worker to apply it',
  });
  expect((await apply(workspaceId, ['t-1'], true)).waiting).toEqual([`${workspaceId}/t-1`]);
  await harness.stores.messages.markWaiting(`${workspaceId}/t-1`);
  expect((await call('GET', '/events/t-1')).body).toMatchObject({
    ...{ state: 'waiting', status: 'waiting' },
    reason: expect.stringContaining('2026-04-15T10:10:00.000Z'),
  });
  await apply(workspaceId, ['t-1']);
  expect((await call('GET', '/events/t-1')).body).toMatchObject({
    ...{ state: 'done', status: 'unresolved', outcome: { status: 'unresolved' } },
    reason: expect.stringContaining('send an identify'),
  });
});

test('notes of an outcome are shown', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  await receiver.receive({ workspaceId, source: 'sdk', items: [identify], text: '', listId: 'lst_gone' });
  await apply(workspaceId, ['i-1']);
  expect((await call('GET', '/events/i-1')).body).toMatchObject({
    ...{ source: 'sdk', listId: 'lst_gone' },
    notes: [expect.stringContaining('lst_gone does not exist')],
  });
});

test('events are filtered by status, type and contact', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  await receive(
    workspaceId,
    identify,
    track,
    { ...track, messageId: 't-2', userId: 'nobody' },
    { ...track, messageId: 't-3' },
  );
  await receive(workspaceId, { ...track, messageId: 't-4', userId: 'later' });
  await apply(workspaceId, ['i-1', 't-1', 't-2']);
  await harness.stores.messages.markWaiting(`${workspaceId}/t-4`);
  const ids = async (query: string) => {
    const { body } = await call('GET', `/events?${query}`);
    return body.data.map(({ id }: { id: string }) => id).sort();
  };
  expect(await ids('')).toEqual(['i-1', 't-1', 't-2', 't-3', 't-4']);
  expect(await ids('type=identify')).toEqual(['i-1']);
  expect(await ids('status=recorded')).toEqual(['t-1']);
  expect(await ids('status=unresolved')).toEqual(['t-2']);
  expect(await ids('status=received')).toEqual(['t-3']);
  expect(await ids('status=waiting')).toEqual(['t-4']);
  expect(await ids('status=created&type=track')).toEqual([]);
  const [contact] = await harness.stores.contacts.page(workspaceId, {}, { limit: 1 });
  expect(await ids(`contactId=${contact?.id}`)).toEqual(['i-1', 't-1']);
  for (const [query, pointer] of [
    ['status=lost', '/status'],
    ['type=page', '/type'],
  ]) {
    expect((await call('GET', `/events?${query}`)).body).toMatchObject({ status: 400, errors: [{ pointer }] });
  }
});

test('events are filtered by name, source, user id, time and messageId', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  await receive(workspaceId, identify, track, { ...track, messageId: 't-2', event: 'Signed Up' });
  harness.clock.nowMs += 60_000;
  const later = { ...track, messageId: 't-3', event: 'purchase-completed', userId: 'nobody' };
  await receiver.receive({ workspaceId, source: 'rudderstack', items: [later], text: '' });
  await apply(workspaceId, ['i-1', 't-1', 't-2', 't-3']);
  const ids = async (query: string) => {
    const { body } = await call('GET', `/events?${query}`);
    return body.data.map(({ id }: { id: string }) => id).sort();
  };
  expect(await ids('event=PURCHASE_COMPLETED')).toEqual(['t-1', 't-3']);
  expect(await ids('event=purchaseCompleted&status=recorded')).toEqual(['t-1']);
  expect(await ids('event=purchaseCompleted&status=unresolved')).toEqual(['t-3']);
  expect(await ids('event=purchaseCompleted&source=rudderstack')).toEqual(['t-3']);
  expect(await ids('event=purchaseCompleted&type=identify')).toEqual([]);
  expect(await ids('source=segment')).toEqual(['i-1', 't-1', 't-2']);
  expect(await ids('userId=u-1&type=track')).toEqual(['t-1', 't-2']);
  expect(await ids('userId=nobody')).toEqual([]);
  expect(await ids('userId=u-1&contactId=con_other')).toEqual([]);
  expect(await ids('since=2026-04-15T10:01:00Z')).toEqual(['t-3']);
  expect(await ids('until=2026-04-15T12:01:00%2B02:00')).toEqual(['i-1', 't-1', 't-2']);
  expect(await ids('messageId=t-2')).toEqual(['t-2']);
  expect(await ids('messageId=gone')).toEqual([]);
  for (const [query, pointer] of [
    ['source=email', '/source'],
    ['since=yesterday', '/since'],
  ]) {
    expect((await call('GET', `/events?${query}`)).body).toMatchObject({ status: 400, errors: [{ pointer }] });
  }
});

test('one event leads to its run, the email of it, and the deliveries of its webhook events', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const { stores } = harness;
  const at = new Date(harness.clock.nowMs);
  const automationId = await addAutomation(workspaceId, 'Purchase Completed');
  const endpointId = newId('endpoint');
  await stores.endpoints.insert({
    ...{ id: endpointId, workspaceId, url: 'https://hooks.example.com/in', description: '', headers: {}, secrets: [] },
    ...{ events: ['contact.created' as const], status: 'active' as const, createdAt: at, updatedAt: at },
  });
  await receive(workspaceId, identify, track);
  const { eventIds } = await apply(workspaceId, ['i-1', 't-1']);
  const nextAttemptAtMs = at.getTime() + 30_000;
  const deliveryId = newId('delivery');
  await stores.deliveries.ensure([
    {
      ...{ id: deliveryId, workspaceId, endpointId, eventId: eventIds[0] ?? '', eventType: 'contact.created' },
      ...{ status: 'retrying', attemptCount: 1, round: 1, attemptsInRound: 1, lastStatusCode: 500, nextAttemptAtMs },
      ...{ createdAtMs: at.getTime(), updatedAtMs: at.getTime(), workflowId: 'delivery/1' },
    },
  ]);
  const [contact] = await stores.contacts.page(workspaceId, {}, { limit: 1 });
  const runKey = `${automationId}/${contact?.id}/t-1`;
  const emailId = newId('email');
  await stores.emails.insert([
    {
      ...{ id: emailId, workspaceId, kind: 'automation', campaignId: automationId, to: 'ada@example.com', runKey },
      ...{ status: 'skipped', reason: 'the contact has unsubscribed', createdAtMs: at.getTime(), opens: 0, clicks: 0 },
    },
  ]);
  await stores.runs.logStep(runKey, { position: [0], step: 'sendEmail tpl_1', at, result: 'queued', emailId });

  expect((await call('GET', '/events/i-1')).body.webhookEvents).toMatchObject([
    {
      event: 'contact.created',
      deliveries: [
        {
          ...{ id: deliveryId, endpointId, endpointUrl: 'https://hooks.example.com/in', status: 'retrying' },
          ...{ lastStatusCode: 500, nextAttemptAt: '2026-04-15T10:00:30.000Z', temporalUrl: urlOf('delivery/1') },
        },
      ],
    },
  ]);
  expect((await call('GET', '/events/t-1')).body).toMatchObject({
    runs: [
      {
        ...{ id: runKey, automationId, status: 'running', workflowId: workflowIds.automationRun(runKey) },
        log: [{ step: 'sendEmail tpl_1', result: 'queued', emailId }],
      },
    ],
    emails: [{ id: emailId, status: 'skipped', reason: 'the contact has unsubscribed' }],
  });
});

test('pages hold each event once at equal times; payloads are only in the single answer', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const messageIds = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  await receive(workspaceId, ...messageIds.map((messageId) => ({ ...track, messageId })));
  const rows = await readAll(call, '/events', 3);
  expect(rows.map(({ id }: { id: string }) => id)).toEqual([...messageIds].reverse());
  expect(rows[0]).not.toHaveProperty('payload');
});

test('a messageId that is hashed in ids is found by itself and by its id', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const messageId = 'with / and spaces ä';
  await receive(workspaceId, { ...track, messageId });
  const found = await call('GET', `/events/${encodeURIComponent(messageId)}`);
  expect(found.body).toMatchObject({ messageId, id: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
  expect((await call('GET', `/events/${found.body.id}`)).body).toEqual(found.body);
});

test('an event of another workspace is not there', async () => {
  const other = await harness.addWorkspace();
  await receive(other.workspaceId, { ...track, messageId: 'theirs' });
  expect((await harness.call('GET', '/events/theirs')).status).toBe(404);
  expect((await harness.call('GET', `/events/${encodeURIComponent(`${other.workspaceId}/theirs`)}`)).status).toBe(404);
  expect((await harness.call('GET', '/events')).text).not.toContain('theirs');
  expect((await other.call('GET', '/events/theirs')).status).toBe(200);
});
