import { testMongoUri, testTemporalAddress } from '../support/engines';
import { eventually } from './support/processes';
import { apiKey, startSystem, type System } from './support/system';

let system: System;
beforeAll(async () => {
  system = await startSystem({ mongoUri: testMongoUri(), temporalAddress: testTemporalAddress() });
  await system.untilReady();
  await system.addEndpoint('/ok');
}, 120_000);
afterAll(() => system.stop());

/** What the receiver got about an address. */
const heardOf = (event: string, email: string): { data: Record<string, unknown> }[] =>
  system
    .received(event)
    .map(({ body }) => JSON.parse(body))
    .filter(({ data }) => data.contactEmail === email);

test('a file, a confirmed sign-up, and the removal of a person, as a client sees them', async () => {
  // Everybody in a CSV file, each with a webhook.
  const file = [
    'E-Mail;Vorname',
    ...Array.from({ length: 250 }, (_each, row) => `p${row}@example.com;P${row}`),
    'nobody;N',
  ];
  const upload = await fetch(`${system.url}/api/v1/contacts/import?map=Vorname:firstName`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'text/csv' },
    body: file.join('\r\n'),
  });
  expect(upload.status).toBe(202);
  const { id } = (await upload.json()) as { id: string };
  await eventually(
    'the import',
    async () => (await system.call('GET', `/api/v1/imports/${id}`)).json.status === 'completed',
    60_000,
  );
  expect((await system.call('GET', `/api/v1/imports/${id}`)).json).toMatchObject({
    total: 251,
    created: 250,
    refused: 1,
  });
  await eventually('its webhooks', () => Promise.resolve(system.received('contact.created').length >= 250), 60_000);
  expect(heardOf('contact.created', 'p7@example.com')).toMatchObject([{ data: { source: 'import', firstName: 'P7' } }]);

  // A visitor signs up, finds the email in the mailbox, follows its link and presses the button.
  const form = (await system.call('POST', '/api/v1/forms', { name: 'News' })).json;
  expect(form.url).toBe(`${system.url}/f/${form.id}`);
  expect((await fetch(form.url)).status).toBe(200);
  const posted = await fetch(form.url, { method: 'POST', body: new URLSearchParams({ email: 'visitor@example.com' }) });
  expect(posted.status).toBe(200);
  const raw = await eventually(
    'the confirmation email',
    async () => (await system.call('GET', '/api/v1/mailbox?to=visitor@example.com')).json.data?.[0]?.raw ?? false,
    60_000,
  );
  const text = String(raw)
    .replace(/=\r?\n/g, '')
    .replaceAll('=3D', '=');
  const link = /http:\/\/[^\s"<>]+\/confirm\/[\w.-]+/.exec(text)?.[0] ?? '';
  expect((await fetch(link)).status).toBe(200);
  expect(heardOf('contact.created', 'visitor@example.com')).toEqual([]);
  expect((await fetch(link, { method: 'POST' })).status).toBe(200);
  await eventually(
    'its webhook',
    () => Promise.resolve(heardOf('contact.created', 'visitor@example.com').length > 0),
    60_000,
  );
  expect(heardOf('contact.created', 'visitor@example.com')).toMatchObject([{ data: { source: 'form' } }]);

  // And wants to be forgotten.
  const { json } = await system.call('GET', '/api/v1/contacts?email=visitor@example.com');
  const contactId = json.data[0].id;
  const [delivery] = (await system.call('GET', '/api/v1/webhook-deliveries?limit=1')).json.data;
  expect(delivery.contactId).toBe(contactId);
  await eventually(
    'its delivery',
    async () => (await system.call('GET', `/api/v1/webhook-deliveries/${delivery.id}`)).json.status === 'delivered',
  );
  expect((await system.call('DELETE', `/api/v1/contacts/${contactId}`)).status).toBe(204);
  await eventually(
    'the erasure',
    async () => (await system.call('GET', `/api/v1/erasures/${contactId}`)).json.status === 'completed',
    120_000,
  );
  const again = await system.call('POST', `/api/v1/webhook-deliveries/${delivery.id}/retrigger`);
  expect([again.status, again.json.code]).toEqual([409, 'delivery_erased']);
  for (const { name } of await system.db.listCollections().toArray()) {
    expect(JSON.stringify(await system.db.collection(name).find().toArray())).not.toContain('visitor@example.com');
  }
}, 300_000);
