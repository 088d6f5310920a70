import { createCommitMessages } from '../../activities/commit-messages';
import { GroupPressure } from '../../activities/group-pressure';
import { RecentEvents } from '../../activities/recent-events';
import { eventKey } from '../../domain/event-name';
import { whyRoutes } from '../../src/http/why-routes';
import { createMessageLane } from '../../src/ingest/lanes';
import { Receiver } from '../../src/ingest/receive';
import { StartBudget } from '../../src/ingest/start-budget';
import { createLogger } from '../../src/logger';
import { newId } from '../../src/mongo/new-id';
import { startHarness, type Harness } from './harness';

let harness: Harness;
let receiver: Receiver;
beforeAll(async () => {
  harness = await startHarness(({ stores, now }) => {
    const logger = createLogger('silent');
    const nothing = (): Promise<void> => Promise.resolve();
    const lane = createMessageLane({
      starter: { startContactUpsert: nothing, startCustomEvent: nothing, startBatch: nothing },
      messages: { done: (keys) => Promise.resolve(new Set(keys)) },
      budget: new StartBudget(100),
      logger,
    });
    receiver = new Receiver({ ...stores, lane, now, logger, onReceipts: () => {} });
    return whyRoutes({ ...stores, temporalUrl: () => null, lateIdentifyWaitMs: 600_000, now });
  });
});
afterAll(() => harness.close());

const identify = { type: 'identify', userId: 'u-1', traits: { email: 'morgan@acme.com', plan: 'free' } };
const track = { type: 'track', userId: 'u-1', event: 'Order Completed' };

/** Takes events in and does what their workflows do. */
async function receive(
  workspaceId: string,
  ...items: { messageId: string; [field: string]: unknown }[]
): Promise<void> {
  await receiver.receive({ workspaceId, source: 'segment', items, text: JSON.stringify(items) });
  await createCommitMessages({
    ...{ ingest: harness.stores.ingest, now: harness.now, newId, ownWorkflowId: () => undefined },
    ...{ recentEvents: new RecentEvents(), pressure: new GroupPressure() },
  }).commitMessages({ keys: items.map(({ messageId }) => `${workspaceId}/${messageId}`), mayWait: false });
}
async function addAutomation(workspaceId: string, eventName: string, plan?: string): Promise<string> {
  const id = newId('automation');
  const filter =
    plan === undefined ? {} : { filter: { field: 'contact.metadata.plan', op: 'equals' as const, value: plan } };
  await harness.stores.automations.save({
    ...{ id, workspaceId, name: 'Welcome', status: 'active', trigger: { type: 'CUSTOM_EVENT', eventName, ...filter } },
    ...{ eventKey: eventKey(eventName), steps: [], version: 1, createdAtMs: harness.now(), updatedAtMs: harness.now() },
  });
  return id;
}
const ask = async (call: Harness['call'], question: Record<string, string>) => {
  const { status, body } = await call('GET', `/why?${new URLSearchParams(question).toString()}`);
  if (status !== 200) throw new Error(JSON.stringify(body));
  const texts: string[] = body.sentences.map(({ kind, text }: { kind: string; text: string }) => `${kind}: ${text}`);
  return { ...body, texts };
};

test('silence: nobody has sent an identify, and what was refused instead is named', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const broken = { type: 'identfy', messageId: 'b-1', traits: { email: 'morgan@acme.com' } };
  await receiver.receive({ workspaceId, source: 'segment', items: [broken], text: JSON.stringify(broken) });
  const answer = await ask(call, { contact: 'morgan@acme.com' });
  expect(answer.texts).toEqual([
    'problem: No identify has come for morgan@acme.com, and nobody has added them.',
    expect.stringMatching(/^hint: A message that names morgan@acme\.com was refused: type must be one of/),
  ]);
  expect(answer).toMatchObject({ eventId: null, contactId: null });
  expect((await ask(call, { messageId: 'b-1' })).texts).toEqual([
    expect.stringMatching(/^problem: The message "b-1" was refused: type must be one of/),
  ]);
  expect((await ask(call, { messageId: 'never' })).texts[0]).toContain('No message "never" has come');
});

test('a contact is asked for by address, user id or id; an automation that listens to another name says so', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const automation = await addAutomation(workspaceId, 'Orders Completed');
  await receive(workspaceId, { ...identify, messageId: 'i-1' }, { ...track, messageId: 't-1' });
  const byEmail = await ask(call, { contact: 'Morgan@ACME.com', event: 'order completed', automation });
  expect(byEmail).toMatchObject({ eventId: 't-1', contactId: expect.stringMatching(/^con_/) });
  expect(byEmail.texts).toEqual(
    expect.arrayContaining([
      'ok: Its name "Order Completed" is matched as "order_completed".',
      'problem: No automation listens to "order_completed".',
      'hint: Did you mean "orders_completed"? An automation listens to that.',
      'problem: "Welcome" did not start: name "order_completed" is not "orders_completed" (did you mean "orders_completed"?).',
    ]),
  );
  expect(byEmail.steps.find(({ stage }: { stage: string }) => stage === 'name').kind).toBe('problem');
  expect(await ask(call, { contact: 'u-1', event: 'order completed', automation })).toEqual(byEmail);
  expect((await ask(call, { contact: byEmail.contactId, automation })).texts).toContainEqual(
    'hint: What came is "order_completed": is that the one meant?',
  );
});

test('a filter tells the value that kept the contact out; other people and other workspaces stay out of it', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const other = await harness.addWorkspace();
  const automation = await addAutomation(workspaceId, 'Order Completed', 'pro');
  await receive(workspaceId, { ...identify, messageId: 'i-1' }, { ...track, messageId: 't-1' });
  expect((await ask(call, { messageId: 't-1', automation })).texts).toContainEqual(
    'problem: As the contact is now, the filter of "Welcome" does not let it in: contact.metadata.plan equals "pro" is not true: contact.metadata.plan is "free".',
  );
  expect((await ask(other.call, { messageId: 't-1', automation })).texts).toEqual([
    expect.stringContaining('No message "t-1" has come'),
    `problem: There is no automation ${automation}; it may have been deleted.`,
  ]);
});

test('an event that came for others alone is told apart from one that never came', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  await addAutomation(workspaceId, 'Order Completed');
  await receive(
    workspaceId,
    { ...identify, messageId: 'i-1' },
    { ...track, messageId: 't-1' },
    { ...identify, messageId: 'i-2', userId: 'u-2', traits: { email: 'ada@acme.com' } },
  );
  expect((await ask(call, { contact: 'ada@acme.com', event: 'Order Completed' })).texts).toEqual([
    expect.stringContaining('ada@acme.com is a contact'),
    'problem: No track "Order Completed" has come for ada@acme.com.',
    'hint: It has come for others, last at 2026-04-15T10:00:00.000Z.',
  ]);
  expect((await ask(call, { event: 'Order Completed' })).eventId).toBe('t-1');
});

test('who asks for nothing is told what to ask for', async () => {
  expect((await harness.call('GET', '/why')).body).toMatchObject({ status: 400, code: 'nothing_asked' });
});
