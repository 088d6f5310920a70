import { newContact } from '../../domain/contact';
import { createLinkSigner } from '../../src/email/links';
import { createRenderer } from '../../src/email/render';
import { templatePreviewRoutes } from '../../src/http/template-preview-routes';
import { templateRoutes } from '../../src/http/template-routes';
import { createLogger } from '../../src/logger';
import { newId } from '../../src/mongo/new-id';
import { readAll, startHarness, type Harness } from './harness';

const publicUrl = 'https://mail.acme.com';
const started: string[] = [];
let isTemporalAway = false;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(({ stores, now }) => [
    ...templateRoutes({ ...stores, now }),
    ...templatePreviewRoutes({
      ...stores,
      now,
      renderer: createRenderer({ publicUrl: () => publicUrl, links: createLinkSigner('a key of the tests') }),
      starter: {
        startEmailSend(emailId) {
          started.push(emailId);
          return isTemporalAway ? Promise.reject(new Error('away')) : Promise.resolve();
        },
      },
      logger: createLogger('silent'),
    }),
  ]);
});
afterAll(() => harness.close());
beforeEach(() => {
  isTemporalAway = false;
});

const welcome = {
  name: 'Welcome',
  subject: 'Welcome, {{ contact.firstName | default: "friend" }}',
  html: '<html><body><p>Hello {{ contact.firstName }} {{ data.code }} {{ event.properties.amount }}</p><a href="https://a.test/">Go</a></body></html>',
};
const add = async (body: object = welcome) => (await harness.call('POST', '/templates', body)).body;

test('a template is made, read, changed and deleted', async () => {
  const made = await harness.call('POST', '/templates', { ...welcome, preheader: 'Hi' });
  expect(made.status).toBe(201);
  expect(made.body).toEqual({
    ...welcome,
    id: expect.stringMatching(/^tpl_[0-9a-f]{24}$/),
    preheader: 'Hi',
    text: null,
    createdAt: '2026-04-15T10:00:00.000Z',
    updatedAt: '2026-04-15T10:00:00.000Z',
  });
  const path = `/templates/${made.body.id}`;
  expect((await harness.call('GET', path)).body).toEqual(made.body);

  harness.clock.nowMs += 1_000;
  const changed = await harness.call('PATCH', path, { subject: 'Hello', text: 'Hello', preheader: null });
  const expected = {
    ...made.body,
    subject: 'Hello',
    text: 'Hello',
    preheader: null,
    updatedAt: '2026-04-15T10:00:01.000Z',
  };
  expect(changed.body).toEqual(expected);
  expect((await harness.call('PATCH', path, { text: null })).body).toEqual({ ...expected, text: null });
  expect((await harness.call('PATCH', path, {})).body.subject).toBe('Hello');

  expect((await harness.call('DELETE', path)).status).toBe(204);
  for (const method of ['GET', 'DELETE']) expect((await harness.call(method, path)).status).toBe(404);
  expect((await harness.call('PATCH', path, { name: 'x' })).status).toBe(404);
});

test('a list shows no more than names and subjects, newest first', async () => {
  const { call } = await harness.addWorkspace();
  for (const name of ['a', 'b', 'c']) await call('POST', '/templates', { ...welcome, name, text: 'x' });
  const rows = await readAll(call, '/templates', 2);
  expect(rows.map(({ name }) => name)).toEqual(['c', 'b', 'a']);
  expect(Object.keys(rows[0]).sort()).toEqual(['createdAt', 'id', 'name', 'preheader', 'subject', 'updatedAt']);
});

test('another workspace neither sees nor changes nor sends it', async () => {
  const { id } = await add();
  const other = await harness.addWorkspace();
  const calls: [string, string, object?][] = [
    ['GET', ''],
    ['PATCH', '', { name: 'mine' }],
    ['DELETE', ''],
    ['POST', '/preview', {}],
    ['POST', '/test', { to: 'eve@evil.test' }],
  ];
  for (const [method, path, body] of calls) {
    expect((await other.call(method, `/templates/${id}${path}`, body)).status).toBe(404);
  }
  expect((await harness.call('GET', `/templates/${id}`)).body.name).toBe('Welcome');
});

describe('a broken template is refused with pointer, line, column and reason,', () => {
  const broken = { html: '<p>\n  {% if a %}\n</p>', subject: '{{ a | shout }}' };
  const errors = [
    { pointer: '/subject', line: 1, column: 1, detail: 'line 1, column 1: undefined filter: shout' },
    { pointer: '/html', line: 2, column: 3, detail: 'line 2, column 3: tag {% if a %} not closed' },
  ];

  test('when it is added', async () => {
    const answer = await harness.call('POST', '/templates', { ...welcome, ...broken });
    expect(answer.body).toMatchObject({
      status: 422,
      code: 'invalid_content',
      detail: 'subject, line 1, column 1: undefined filter: shout',
      errors,
    });
  });

  test('when it is changed, and stays as it was', async () => {
    const template = await add();
    const answer = await harness.call('PATCH', `/templates/${template.id}`, { name: 'x', ...broken });
    expect(answer.body).toMatchObject({ status: 422, errors });
    expect((await harness.call('GET', `/templates/${template.id}`)).body).toEqual(template);
  });

  test('when it is previewed', async () => {
    const { name: _name, ...content } = welcome;
    const answer = await harness.call('POST', '/templates/preview', { ...content, ...broken });
    expect(answer.body).toMatchObject({ status: 422, errors });
  });

  test('also one that would never end', async () => {
    const html = '{% for i in (1..100000000) %}x{% endfor %}';
    const answer = await harness.call('POST', '/templates', { ...welcome, html });
    expect(answer.body).toMatchObject({ status: 422, errors: [{ pointer: '/html', line: 1, column: 1 }] });
  });
});

test.each<[string, object, string]>([
  ['no subject', { subject: undefined }, '/subject'],
  ['an empty subject', { subject: ' ' }, '/subject'],
  ['a long subject', { subject: 'x'.repeat(501) }, '/subject'],
  ['no html', { html: '' }, '/html'],
  ['too much html', { html: 'x'.repeat(500_001) }, '/html'],
  ['a text that is none', { text: 7 }, '/text'],
  ['no name', { name: '' }, '/name'],
  ['a field that there is not', { from: 'x' }, '/from'],
])('a template with %s is refused', async (_name, change, pointer) => {
  const answer = await harness.call('POST', '/templates', { ...welcome, ...change });
  expect(answer.body).toMatchObject({ status: 422, code: 'invalid_body', errors: [{ pointer }] });
});

describe('a preview', () => {
  test('shows a template as somebody would get it, without tracking', async () => {
    const { id } = await add();
    const answer = await harness.call('POST', `/templates/${id}/preview`, {
      contact: { firstName: '<Ada>' },
      data: { code: 'X1' },
      event: { name: 'Paid', properties: { amount: 9 } },
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      subject: 'Welcome, <Ada>',
      html: '<html><body><p>Hello &lt;Ada&gt; X1 9</p><a href="https://a.test/">Go</a></body></html>',
      text: 'Hello <Ada> X1 9\n\nGo <https://a.test/>',
    });
  });

  test('needs nothing but the template', async () => {
    const { id } = await add();
    for (const body of [undefined, {}]) {
      expect((await harness.call('POST', `/templates/${id}/preview`, body)).body.subject).toBe('Welcome, friend');
    }
  });

  test('is for a contact that is named', async () => {
    const contact = {
      ...newContact({ id: newId('contact'), workspaceId: harness.workspaceId, email: 'bob@a.test', source: 'api' }, 0),
      ...{ firstName: 'Bob', metadata: { plan: 'pro' } },
    };
    await harness.database.transaction((session) =>
      harness.stores.contacts.save({ created: [contact], changed: [], robbedIds: [] }, session),
    );
    const content = { subject: '{{ contact.email }}', html: '{{ contact.firstName }} {{ contact.metadata.plan }}' };
    const answer = await harness.call('POST', '/templates/preview', { ...content, contactId: contact.id });
    expect(answer.body).toEqual({ subject: 'bob@a.test', html: 'Bob pro', text: 'Bob pro' });

    const { call } = await harness.addWorkspace();
    expect((await call('POST', '/templates/preview', { ...content, contactId: contact.id })).body).toMatchObject({
      status: 422,
      code: 'unknown_contact',
      errors: [{ pointer: '/contactId' }],
    });
  });

  test('says where it fails for these values', async () => {
    const content = { subject: 'x', html: '<p>\n{{ data.x | url_decode }}' };
    const answer = await harness.call('POST', '/templates/preview', { ...content, data: { x: '%' } });
    expect(answer.body).toMatchObject({ status: 422, errors: [{ pointer: '/html', line: 2, column: 1 }] });
  });
});

describe('a test send', () => {
  test('stores an email and starts it', async () => {
    const { id } = await add();
    const answer = await harness.call('POST', `/templates/${id}/test`, { to: ' Ada@A.test', data: { code: 'X1' } });
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ emailId: expect.stringMatching(/^eml_[0-9a-f]{24}$/), status: 'queued' });
    expect(await harness.stores.emails.get(harness.workspaceId, answer.body.emailId)).toMatchObject({
      ...{ kind: 'test', to: 'ada@a.test', status: 'queued', templateId: id, data: '{"code":"X1"}' },
      ...{ campaignId: id, campaignName: 'Welcome', opens: 0, clicks: 0 },
    });
    expect(started.at(-1)).toBe(answer.body.emailId);
  });

  test('is taken while Temporal is away', async () => {
    isTemporalAway = true;
    const { id } = await add();
    const { status, body } = await harness.call('POST', `/templates/${id}/test`, { to: 'ada@a.test' });
    expect(status).toBe(202);
    expect(await harness.stores.emails.get(harness.workspaceId, body.emailId)).toMatchObject({ status: 'queued' });
  });

  test('happens once under one Idempotency-Key', async () => {
    const { id } = await add();
    const send = () => harness.call('POST', `/templates/${id}/test`, { to: 'ada@a.test' }, { 'Idempotency-Key': 'k1' });
    expect((await send()).body.emailId).toBe((await send()).body.emailId);
  });

  test.each(['', 'nobody', 'a@b.test\r\nBcc: eve@evil.test', 'a@b.test, c@d.test'])('to %j is refused', async (to) => {
    const { id } = await add();
    const answer = await harness.call('POST', `/templates/${id}/test`, { to });
    expect(answer.body).toMatchObject({ status: 422, errors: [{ pointer: '/to' }] });
  });
});
