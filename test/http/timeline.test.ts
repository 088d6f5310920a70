import { timelineRoutes } from '../../src/http/timeline-routes';
import { newId } from '../../src/mongo/new-id';
import { newContact } from '../../domain/contact';
import { contactUpdated, type WebhookEvent } from '../../domain/webhook-events';
import { readAll, startHarness, type Harness } from './harness';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(({ stores }) => timelineRoutes(stores));
});
afterAll(() => harness.close());

const startMs = Date.parse('2026-04-15T10:00:00Z');
/** A contact and, at each of these times, one row of every source. */
async function contactWith(timesMs: number[]) {
  const { stores, workspaceId } = harness;
  const id = newId('contact');
  const contact = newContact({ id, workspaceId, email: `${id}@example.com`, source: 'form' }, startMs);
  await harness.database.transaction(async (session) => {
    await stores.contacts.save({ created: [contact], changed: [], robbedIds: [] }, session);
    const changes = [{ field: 'metadata.<b>', oldValue: null, newValue: { '<i>': ['x'] } }];
    await stores.events.insert(
      timesMs.map((atMs) => contactUpdated(newId('event'), { ...contact, updatedAtMs: atMs }, changes)),
      session,
    );
    for (const [index, atMs] of timesMs.entries()) {
      const run = {
        ...{ key: `aut_1/${id}/m${index}`, workspaceId, automationId: 'aut_1', automationName: 'Welcome', version: 1 },
        ...{ contactId: id, messageKey: `${workspaceId}/m${index}` },
      };
      await stores.runs.insert([run], new Date(atMs), session);
    }
  });
  await stores.messages.collection.insertMany(
    timesMs.map((atMs, index) => ({
      ...{
        _id: `${workspaceId}/${id}-${index}`,
        workspaceId,
        messageId: `${id}-${index}`,
        type: 'track',
        source: 'sdk',
      },
      ...{ body: JSON.stringify({ type: 'track', event: `Seen ${index}`, userId: 'u' }), state: 'done' },
      ...{ receivedAt: new Date(atMs), occurredAt: new Date(atMs) },
      outcome: { status: 'recorded', contactId: id, eventKey: 'seen', automations: [] },
    })),
  );
  await stores.emails.insert(
    timesMs.map((atMs) => ({
      ...{ id: newId('email'), workspaceId, kind: 'campaign', campaignId: 'cmp_1', campaignName: 'News' },
      ...{ contactId: id, to: contact.email, status: 'delivered', createdAtMs: atMs, opens: 0, clicks: 0 },
    })),
  );
  await harness.stores.signups.collection.insertOne({
    ...{ _id: newId('signup'), workspaceId, formId: 'frm_1', email: contact.email, values: '[]', mails: 1 },
    ...{ mailedAt: new Date(startMs), createdAt: new Date(startMs), confirmedAt: new Date(startMs) },
  });
  return contact;
}
const told = (contactId: string, type: WebhookEvent['type'], data: object, createdAtMs: number): WebhookEvent => ({
  ...{ id: newId('event'), workspaceId: harness.workspaceId, type, contactId, createdAtMs },
  body: JSON.stringify({ event: type, workspaceId: harness.workspaceId, timestamp: '', data }),
});

test.each([
  ['all at one moment', [0, 0, 0, 0]],
  ['at moments of their own', [0, 1, 2, 3]],
  ['some at the same', [0, 5, 5, 9]],
])('pages of any length hold each thing once, newest first: %s', async (_name, offsets) => {
  const { id } = await contactWith(offsets.map((offset) => startMs + offset));
  const [whole, ...more] = [await readAll(harness.call, `/contacts/${id}/timeline`, 100)];
  expect(more).toEqual([]);
  // Four of each of four sources, and the two of the sign-up.
  expect(whole).toHaveLength(18);
  const times = whole?.map(({ at }) => at) ?? [];
  expect(times).toEqual([...times].sort().reverse());
  for (const limit of [1, 2, 3, 5, 7, 17, 18]) {
    expect(await readAll(harness.call, `/contacts/${id}/timeline`, limit)).toEqual(whole);
  }
});

test('what comes in between two pages is neither shown twice nor pushes anything out', async () => {
  const { id } = await contactWith([startMs, startMs]);
  const first = (await harness.call('GET', `/contacts/${id}/timeline?limit=4`)).body;
  const later = told(id, 'email.opened', { emailId: 'eml_1', userAgent: 'x', ip: '' }, startMs + 60_000);
  await harness.database.transaction((session) => harness.stores.events.insert([later], session));
  const second = (await harness.call('GET', `/contacts/${id}/timeline?cursor=${first.nextCursor}`)).body;
  const ids = [...first.data, ...second.data].map((item) => item.id);
  expect(ids).toHaveLength(10);
  expect(new Set(ids).size).toBe(10);
});

test('each thing says what happened, and where there is more of it', async () => {
  const contact = await contactWith([startMs]);
  const { id } = contact;
  const heard = [
    told(
      id,
      'email.clicked',
      { emailId: 'eml_1', url: 'https://example.com/<x>', userAgent: 'a', ip: '' },
      startMs + 1,
    ),
    told(id, 'email.bounced', { emailId: 'eml_1', bounceType: 'hard', bounceMessage: '550 no' }, startMs + 2),
    told(id, 'email.unsubscribed', { emailId: 'eml_1', method: 'one-click' }, startMs + 3),
  ];
  await harness.database.transaction((session) => harness.stores.events.insert(heard, session));
  const { data, nextCursor } = (await harness.call('GET', `/contacts/${id}/timeline`)).body;
  expect(nextCursor).toBeNull();
  expect(data.map(({ kind, title, detail, status }: Record<string, unknown>) => [kind, title, detail, status])).toEqual(
    [
      ['unsubscribed', 'Unsubscribed', 'by one-click', null],
      ['bounced', 'Email bounced', 'hard: 550 no', null],
      ['clicked', 'Link clicked', 'https://example.com/<x>', null],
      ['updated', 'Contact changed', null, null],
      ['email', 'Email', 'campaign News', 'delivered'],
      ['automation', 'Automation: Welcome', '0 steps done', 'running'],
      ['signUp', 'Confirmed a sign-up', null, null],
      ['signUp', 'Signed up by a form', null, null],
      ['track', 'Seen 0', 'from sdk', 'recorded'],
    ],
  );
  expect(data[0].links).toMatchObject({ emailId: 'eml_1', webhookEventId: heard[2]?.id });
  expect(data[3].changes).toEqual([{ field: 'metadata.<b>', oldValue: null, newValue: { '<i>': ['x'] } }]);
  expect(data[4].links).toMatchObject({ campaignId: 'cmp_1' });
  expect(data[5].links).toMatchObject({ automationId: 'aut_1', messageId: 'm0' });
  expect(data.at(-1).links).toEqual({ messageId: `${id}-0` });
});

test('a contact of another workspace is not there, a foreign cursor is refused', async () => {
  const { id } = await contactWith([startMs]);
  const other = await harness.addWorkspace();
  expect((await other.call('GET', `/contacts/${id}/timeline`)).status).toBe(404);
  for (const cursor of ['nonsense', Buffer.from('1:nothing:x').toString('base64url')]) {
    const refused = await harness.call('GET', `/contacts/${id}/timeline?cursor=${cursor}`);
    expect(refused.body).toMatchObject({ status: 400, code: 'invalid_cursor' });
  }
});
