import { noCounts, noProgress } from '../../domain/campaign';
import { newContact } from '../../domain/contact';
import type { Email } from '../../domain/email';
import { createLinkSigner } from '../../src/email/links';
import { createRenderer } from '../../src/email/render';
import { automationRoutes } from '../../src/http/automation-routes';
import { emailPreviewRoutes } from '../../src/http/email-preview-routes';
import { templateRoutes } from '../../src/http/template-routes';
import { templateUseRoutes } from '../../src/http/template-use-routes';
import type { EmailSource } from '../../src/mongo/emails';
import { newId } from '../../src/mongo/new-id';
import { createOutbox } from '../../src/mongo/outbox';
import { startHarness, type Harness } from './harness';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(({ database, stores, now }) => [
    ...emailPreviewRoutes({
      ...{ ...stores, outbox: createOutbox(stores) },
      renderer: createRenderer({
        publicUrl: () => 'https://mail.acme.com',
        links: createLinkSigner('a key of the tests'),
      }),
    }),
    ...templateRoutes({ ...stores, now }),
    ...templateUseRoutes(stores),
    ...automationRoutes({
      ...{ database, ...stores, now, checkSender: () => Promise.resolve({ ok: true }) },
      checkUrl: (url) => Promise.resolve({ ok: true, url }),
    }),
  ]);
});
afterAll(() => harness.close());

async function addContact(firstName: string): Promise<string> {
  const id = newId('contact');
  const email = `${id}@example.com`;
  const contact = { ...newContact({ id, workspaceId: harness.workspaceId, email, source: 'api' }, 0), firstName };
  await harness.database.transaction((session) =>
    harness.stores.contacts.save({ created: [contact], changed: [], robbedIds: [] }, session),
  );
  return id;
}
async function addEmail(more: Partial<Email> & EmailSource): Promise<string> {
  const id = newId('email');
  await harness.stores.emails.insert([
    {
      ...{ id, workspaceId: harness.workspaceId, kind: 'transactional', campaignId: 'transactional', opens: 0 },
      ...{ to: `${id}@example.com`, status: 'delivered', createdAtMs: harness.now(), clicks: 0 },
      ...more,
    },
  ]);
  return id;
}
const addCampaign = async (more: object) => {
  const id = newId('campaign');
  const nowMs = harness.now();
  await harness.stores.campaigns.insert({
    ...{ id, workspaceId: harness.workspaceId, name: 'April', subject: 'Dear {{ contact.firstName }}', listIds: [] },
    ...{
      ratePerSecond: 100,
      status: 'sent',
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      progress: noProgress,
      counts: noCounts,
    },
    ...more,
  });
  return id;
};
const preview = (id: string) => harness.call('GET', `/emails/${id}/preview`);

test("a campaign's email is shown with its recipient's values; its unsubscribe link is nobody's", async () => {
  const campaignId = await addCampaign({
    html: '<p>Hello {{ contact.firstName }} <a href="https://a.test/">go</a></p>',
  });
  const contactId = await addContact('<Ada>');
  const { status, body } = await preview(await addEmail({ kind: 'campaign', campaignId, contactId }));
  expect(status).toBe(200);
  expect(body.subject).toBe('Dear <Ada>');
  expect(body.html).toContain('<p>Hello &lt;Ada&gt; <a href="https://a.test/">go</a></p>');
  expect(body.html).toMatch(/https:\/\/mail\.acme\.com\/u\//);
  expect(body.html).not.toContain(contactId);
});

test('an email with content of its own, and one of a template, are shown with their data', async () => {
  const content = { subject: 'Hi', html: 'total {{ data.total }}' };
  const own = await addEmail({ content, data: '{"total":5}' });
  expect((await preview(own)).body).toEqual({ subject: 'Hi', html: 'total 5', text: 'total 5' });
  const template = (await harness.call('POST', '/templates', { name: 'Receipt', ...content })).body;
  const ofTemplate = await addEmail({ templateId: template.id, data: '{"total":7}' });
  expect((await preview(ofTemplate)).body.html).toBe('total 7');
  await harness.call('DELETE', `/templates/${template.id}`);
  expect(await preview(ofTemplate)).toMatchObject({ status: 410, body: { code: 'content_gone' } });
});

test('an email that cannot be rendered says where; one of another workspace is not found', async () => {
  const id = await addEmail({ content: { subject: 'x', html: '<p>\n{{ data.x | url_decode }}' }, data: '{"x":"%"}' });
  expect((await preview(id)).body).toMatchObject({ status: 422, errors: [{ pointer: '/html', line: 2, column: 1 }] });
  const { call } = await harness.addWorkspace();
  expect((await call('GET', `/emails/${id}/preview`)).status).toBe(404);
});

test('a template knows the campaigns and automations that send it', async () => {
  const content = { subject: 'Hi', html: 'Hello' };
  const { id: templateId } = (await harness.call('POST', '/templates', { name: 'Welcome', ...content })).body;
  const { id: otherId } = (await harness.call('POST', '/templates', { name: 'Other', ...content })).body;
  const campaignId = await addCampaign({ templateId, status: 'draft' });
  await addCampaign({ templateId: otherId });
  const automation = await harness.call('POST', '/automations', {
    ...{ name: 'Greet', status: 'draft', trigger: { type: 'CUSTOM_EVENT', eventName: 'Signed Up' } },
    steps: [{ type: 'sendEmail', templateId }],
  });
  expect(automation.status).toBe(201);
  expect((await harness.call('GET', `/templates/${templateId}/uses`)).body).toEqual({
    campaigns: [{ id: campaignId, name: 'April', status: 'draft' }],
    automations: [{ id: automation.body.id, name: 'Greet', status: 'draft' }],
  });
  const { call } = await harness.addWorkspace();
  expect((await call('GET', `/templates/${templateId}/uses`)).status).toBe(404);
});
