import { testMongoUri, testTemporalAddress } from '../support/engines';
import { eventually } from './support/processes';
import { startSystem, type System } from './support/system';

let system: System;

beforeAll(async () => {
  system = await startSystem({ mongoUri: testMongoUri(), temporalAddress: testTemporalAddress() });
  await system.untilReady();
}, 150_000);
afterAll(() => system?.stop(), 60_000);

test('the same message 50 times at once: one contact, one event, one delivery for each endpoint', async () => {
  const endpoints = [await system.addEndpoint('/a'), await system.addEndpoint('/b')];
  const answers = await Promise.all(Array.from({ length: 50 }, () => system.identify('fifty@example.com')));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  const said = answers.map(({ json }) => json.status);
  expect(said.filter((status) => status === 'accepted')).toHaveLength(1);
  expect(said.filter((status) => status === 'duplicate')).toHaveLength(49);

  const deliveries = system.db.collection('webhookDeliveries');
  await eventually('both deliveries', async () => (await deliveries.countDocuments({ status: 'delivered' })) === 2);
  expect(await system.db.collection('contacts').countDocuments({ email: 'fifty@example.com' })).toBe(1);
  expect(await system.db.collection('webhookEvents').countDocuments({})).toBe(1);
  expect(await deliveries.countDocuments({})).toBe(2);
  expect(system.received('contact.created')).toHaveLength(2);
  for (const endpoint of endpoints) await system.call('DELETE', `/api/v1/webhooks/${endpoint}`);
}, 60_000);

test('identify and track sent together, in both orders, a thousand pairs: every automation ran once', async () => {
  const pairs = 1_000;
  const list = await system.call('POST', '/api/v1/lists', { name: 'Buyers' });
  expect(list.status).toBe(201);
  const automation = await system.call('POST', '/api/v1/automations', {
    name: 'Buyers',
    status: 'active',
    trigger: { type: 'CUSTOM_EVENT', eventName: 'Purchase Completed' },
    steps: [{ type: 'addToList', listId: list.json.id }],
  });
  expect(automation.status).toBe(201);

  const identify = (index: number) => system.identify(`pair${index}@example.com`);
  const track = (index: number) =>
    system.call('POST', '/api/rudderstack/track', {
      type: 'track',
      messageId: `buy-${index}`,
      userId: `pair${index}`,
      event: index % 3 === 0 ? 'PURCHASE_COMPLETED' : 'purchaseCompleted',
      properties: { index },
    });
  for (let start = 0; start < pairs; start += 50) {
    const indexes = Array.from({ length: 50 }, (_, offset) => start + offset);
    const answers = await Promise.all(
      indexes.flatMap((index) => (index % 2 === 0 ? [identify(index), track(index)] : [track(index), identify(index)])),
    );
    expect(new Set(answers.map(({ json }) => json.status))).toEqual(new Set(['accepted']));
  }

  const runs = system.db.collection('automationRuns');
  await eventually(
    'all runs to be completed',
    async () => (await runs.countDocuments({ status: 'completed' })) === pairs,
    150_000,
  );
  expect(await runs.countDocuments({})).toBe(pairs);
  expect((await runs.distinct('contactId')).length).toBe(pairs);
  expect(await system.db.collection('contacts').countDocuments({ listIds: list.json.id })).toBe(pairs);
  expect(await system.db.collection('messages').countDocuments({ state: { $ne: 'done' } })).toBe(0);
  // A track that the sweep's group has finished may still have its own workflow on the way to seeing that.
  await eventually(
    'nobody to wait',
    async () => (await system.db.collection('waiters').countDocuments({})) === 0,
    60_000,
  );
}, 200_000);
