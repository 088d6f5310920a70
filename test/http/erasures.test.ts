import { contactRoutes } from '../../src/http/contact-routes';
import { deliveryRoutes } from '../../src/http/delivery-routes';
import { erasureRoutes } from '../../src/http/erasure-routes';
import { createContactWrites } from '../../src/mongo/contact-writes';
import { newId } from '../../src/mongo/new-id';
import { readAll, startHarness, type Harness } from './harness';

let harness: Harness;
const erased: string[] = [];
const retriggered: string[] = [];
beforeAll(async () => {
  harness = await startHarness(({ database, stores, now }) => [
    ...contactRoutes({
      ...stores,
      writes: createContactWrites(database, stores),
      afterCommit: () => Promise.resolve(),
      startErasure: (contactId) => void erased.push(contactId),
      now,
    }),
    ...erasureRoutes(stores),
    ...deliveryRoutes({
      ...stores,
      starter: {
        retrigger: ({ id }) => Promise.resolve(void retriggered.push(id)),
        cancelDelivery: () => Promise.resolve(false),
        retryDelaysMs: [],
      },
      temporalUrl: () => null,
      now,
    }),
  ]);
});
afterAll(() => harness.close());

const addContact = async (): Promise<string> =>
  (await harness.call('POST', '/contacts', { email: `${newId('contact')}@example.com`, userId: newId('contact') })).body
    .id;

test('a deleted contact is gone at once, and its erasure is under way', async () => {
  const id = await addContact();
  expect((await harness.call('DELETE', `/contacts/${id}`)).status).toBe(204);
  expect(erased).toEqual([id]);
  expect((await harness.call('GET', `/contacts/${id}`)).status).toBe(404);
  expect((await harness.call('DELETE', `/contacts/${id}`)).status).toBe(404);
  const erasure = await harness.call('GET', `/erasures/${id}`);
  expect(erasure.body).toEqual({
    ...{ contactId: id, status: 'pending', removed: {} },
    ...{ createdAt: '2026-04-15T10:00:00.000Z', endedAt: null },
  });
  expect(await harness.stores.erasures.leftBehind(new Date(harness.clock.nowMs + 1), 10)).toEqual([id]);
});

test('its progress shows counts, and to nobody else', async () => {
  const ids = [await addContact(), await addContact()];
  for (const id of ids) await harness.call('DELETE', `/contacts/${id}`);
  const [first = ''] = ids;
  await harness.stores.erasures.begin(first, new Date(harness.clock.nowMs));
  await harness.stores.erasures.count(first, { messages: 2 });
  await harness.stores.erasures.count(first, { messages: 1, emails: 4 });
  expect((await harness.call('GET', `/erasures/${first}`)).body).toMatchObject({
    ...{ status: 'running', removed: { messages: 3, emails: 4 } },
  });
  await harness.stores.erasures.end(first, new Date(harness.clock.nowMs));
  expect((await harness.call('GET', `/erasures/${first}`)).body).toMatchObject({
    ...{ status: 'completed', endedAt: '2026-04-15T10:00:00.000Z' },
  });
  const listed = await readAll(harness.call, '/erasures', 1);
  expect(listed.map(({ contactId }) => contactId)).toEqual(expect.arrayContaining(ids));
  const other = await harness.addWorkspace();
  expect((await other.call('GET', `/erasures/${first}`)).status).toBe(404);
  expect(await readAll(other.call, '/erasures', 10)).toEqual([]);
});

test('a delivery whose payload was erased cannot be triggered again, another one can', async () => {
  const { workspaceId } = harness;
  const at = new Date(harness.clock.nowMs);
  const endpointId = newId('endpoint');
  await harness.stores.endpoints.insert({
    ...{ id: endpointId, workspaceId, url: 'https://example.com/hook', description: '', headers: {}, secrets: [] },
    ...{ events: ['contact.created'], status: 'active', createdAt: at, updatedAt: at },
  });
  const deliveries = await Promise.all(
    [await addContact(), await addContact()].map(async (contactId) => {
      const event = await harness.stores.events.collection.findOne({ contactId });
      const delivery = {
        ...{ id: newId('delivery'), workspaceId, endpointId, eventId: event?._id ?? '', contactId },
        ...{ eventType: 'contact.created' as const, status: 'delivered' as const, attemptCount: 1, round: 1 },
        ...{ attemptsInRound: 1, createdAtMs: at.getTime(), updatedAtMs: at.getTime(), workflowId: 'delivery/1' },
      };
      await harness.stores.deliveries.ensure([delivery]);
      return delivery;
    }),
  );
  const [kept, gone] = deliveries;
  await harness.stores.personalData.eraseEvents([gone?.eventId ?? ''], [gone?.id ?? ''], at);
  const refused = await harness.call('POST', `/webhook-deliveries/${gone?.id}/retrigger`);
  expect([refused.status, refused.body.code]).toEqual([409, 'delivery_erased']);
  expect((await harness.call('GET', `/webhook-deliveries/${gone?.id}`)).body.payload).toBeNull();
  expect((await harness.call('POST', `/webhook-deliveries/${kept?.id}/retrigger`)).status).toBe(202);
  expect(retriggered).toEqual([kept?.id]);
});

test('a contact that a person has typed in says so; other sources are not the caller’s to name', async () => {
  const made = await harness.call('POST', '/contacts', { email: 'typed@example.com', source: 'manual' });
  expect([made.status, made.body.source]).toEqual([201, 'manual']);
  const event = await harness.stores.events.collection.findOne({ contactId: made.body.id });
  expect(JSON.parse(event?.body ?? '').data.source).toBe('manual');
  expect((await harness.call('POST', '/contacts', { email: 'x@example.com', source: 'form' })).status).toBe(422);
});

test('who had unsubscribed stays out of lists after the deletion, however the address comes in again', async () => {
  const email = `${newId('contact')}@example.com`;
  const { id } = (await harness.call('POST', '/contacts', { email })).body;
  await harness.call('PATCH', `/contacts/${id}`, { status: 'unsubscribed' });
  await harness.call('DELETE', `/contacts/${id}`);
  const { workspaceId } = harness;
  const reasons = async () =>
    [...(await harness.stores.suppressions.among(workspaceId, [email])).values()].map(({ reason }) => reason);
  expect(await reasons()).toEqual(['unsubscribed']);
  expect((await harness.call('POST', '/contacts', { email })).body).toMatchObject({ status: 'active' });
  expect(await reasons()).toEqual(['unsubscribed']);

  // Whoever had not left is not suppressed by being deleted.
  const stayed = `${newId('contact')}@example.com`;
  const other = (await harness.call('POST', '/contacts', { email: stayed })).body;
  await harness.call('DELETE', `/contacts/${other.id}`);
  expect((await harness.stores.suppressions.among(workspaceId, [stayed])).size).toBe(0);
});
