import { workflowIds } from '../../domain/ids';
import { automationRoutes } from '../../src/http/automation-routes';
import { automationRunRoutes } from '../../src/http/automation-run-routes';
import { listRoutes } from '../../src/http/list-routes';
import { createContactWrites } from '../../src/mongo/contact-writes';
import { newId } from '../../src/mongo/new-id';
import { createRunLog } from '../../src/mongo/run-log';
import { readAll, startHarness, type Harness } from './harness';

let harness: Harness;
const checkFrom = (_workspaceId: string, from: string) =>
  Promise.resolve(from.includes('acme.com') ? { ok: true as const } : { ok: false as const, reason: 'is not ours' });
const urlOf = (workflowId: string): string => `https://temporal.example/${workflowId}`;
beforeAll(async () => {
  harness = await startHarness(({ database, stores, auth, now }) => [
    ...listRoutes({ ...stores, auth, now }),
    ...automationRunRoutes({ ...stores, temporalUrl: urlOf, now }),
    ...automationRoutes({
      ...{ database, ...stores, now, checkSender: checkFrom },
      checkUrl: (url) =>
        Promise.resolve(
          url.includes('private')
            ? { ok: false, reason: 'the address is not public' }
            : { ok: true, url: new URL(url).href },
        ),
    }),
  ]);
});
afterAll(() => harness.close());
beforeEach(() => {
  harness.clock.nowMs = Date.parse('2026-04-15T10:00:00Z');
});

const trigger = { type: 'CUSTOM_EVENT', eventName: 'Purchase Completed' };
const simple = { name: 'Buyers', trigger, steps: [{ type: 'wait', duration: '2h' }] };
const make = async (call: Harness['call'], body: object = simple) => {
  const made = await call('POST', '/automations', body);
  if (made.status !== 201) throw new Error(made.text);
  return made.body;
};
const addTemplate = async (workspaceId: string): Promise<string> => {
  const id = newId('template');
  const times = { createdAtMs: harness.now(), updatedAtMs: harness.now() };
  await harness.stores.templates.insert({
    id,
    workspaceId,
    name: 'Welcome',
    subject: 'Hi',
    html: '<p>Hi</p>',
    ...times,
  });
  return id;
};
const stepsOf = async (id: string, version: number) => (await harness.stores.automations.versionOf(id, version))?.steps;
const addList = async (call: Harness['call']): Promise<string> =>
  (await call('POST', '/lists', { name: 'List' })).body.id;

test('an automation is made as a draft, read, and deleted', async () => {
  const made = await make(harness.call);
  expect(made).toEqual({
    id: expect.stringMatching(/^aut_[0-9a-f]{24}$/),
    name: 'Buyers',
    status: 'draft',
    trigger,
    eventKey: 'purchase_completed',
    steps: simple.steps,
    exitOn: ['unsubscribed', 'bounced'],
    version: 1,
    createdAt: '2026-04-15T10:00:00.000Z',
    updatedAt: '2026-04-15T10:00:00.000Z',
  });
  expect((await harness.call('GET', `/automations/${made.id}`)).body).toEqual(made);
  expect(await stepsOf(made.id, 1)).toEqual(simple.steps);
  expect((await harness.call('DELETE', `/automations/${made.id}`)).status).toBe(204);
  for (const method of ['GET', 'DELETE'])
    expect((await harness.call(method, `/automations/${made.id}`)).status).toBe(404);
});

test('every kind of step is kept as it was sent; URLs are normalised', async () => {
  const listId = await addList(harness.call);
  const steps = [
    { type: 'updateContact', traits: { 'a.b': 1, $set: { $x: [1] }, plain: null } },
    {
      type: 'condition',
      if: {
        all: [
          { field: 'properties.amount', op: 'gt', value: 10 },
          { not: { field: 'contact.firstName', op: 'exists' } },
        ],
      },
      then: [{ type: 'webhook', url: 'HTTPS://Hooks.example.com', headers: { 'X-Token': 'abc' } }],
      else: [{ type: 'removeFromList', listId }, { type: 'end' }],
    },
    { type: 'addToList', listId },
  ];
  const made = await make(harness.call, { ...simple, status: 'active', steps });
  const kept = structuredClone(steps);
  Object.assign(kept[1]?.then?.[0] ?? {}, { url: 'https://hooks.example.com/' });
  expect(made.steps).toEqual(kept);
  expect((await harness.call('GET', `/automations/${made.id}`)).body.steps).toEqual(kept);
  expect(await stepsOf(made.id, 1)).toEqual(kept);
});

test('PATCH counts a version where trigger or steps change, and only there', async () => {
  const { id } = await make(harness.call);
  const path = `/automations/${id}`;
  const version = async (body: object) => (await harness.call('PATCH', path, body)).body.version;
  expect(await version({ name: 'New name', status: 'active' })).toBe(1);
  expect(await version({ trigger, steps: simple.steps })).toBe(1);
  expect(await version({ steps: [{ type: 'end' }] })).toBe(2);
  expect(await version({ trigger: { ...trigger, eventName: 'signedUp' } })).toBe(3);
  expect((await harness.call('GET', path)).body).toMatchObject({
    ...{ name: 'New name', status: 'active', version: 3, eventKey: 'signed_up', steps: [{ type: 'end' }] },
  });
  expect(await stepsOf(id, 1)).toEqual(simple.steps);
  expect(await stepsOf(id, 2)).toEqual([{ type: 'end' }]);
  expect(await harness.stores.automations.listeningTo(harness.workspaceId, ['signed_up'])).toMatchObject([{ id }]);
});

test('changes at once get versions of their own, and each version holds its steps', async () => {
  const { id } = await make(harness.call);
  const durations = ['1m', '2m', '3m', '4m', '5m'];
  const answers = await Promise.all(
    durations.map((duration) => harness.call('PATCH', `/automations/${id}`, { steps: [{ type: 'wait', duration }] })),
  );
  expect(answers.map(({ body }) => body.version).sort()).toEqual([2, 3, 4, 5, 6]);
  for (const { body } of answers) expect(await stepsOf(id, body.version)).toEqual(body.steps);
  const current = (await harness.call('GET', `/automations/${id}`)).body;
  expect(current.steps).toEqual(await stepsOf(id, 6));
});

test('pages hold each automation once at equal times', async () => {
  const { call } = await harness.addWorkspace();
  const names = ['a', 'b', 'c', 'd', 'e'];
  for (const name of names) await make(call, { ...simple, name });
  for (const limit of [1, 2, 5]) {
    const rows = await readAll(call, '/automations', limit);
    expect(rows.map(({ name }: { name: string }) => name)).toEqual([...names].reverse());
  }
});

const nested = (depth: number): object[] =>
  depth === 0
    ? [{ type: 'end' }]
    : [{ type: 'condition', if: { field: 'contact.email', op: 'exists' }, then: nested(depth - 1) }];

test.each([
  ['no trigger', { name: 'x', steps: [] }, '/trigger'],
  ['no steps', { name: 'x', trigger }, '/steps'],
  ['a status that is none', { ...simple, status: 'on' }, '/status'],
  ['another trigger', { ...simple, trigger: { type: 'SEGMENT' } }, '/trigger/type'],
  ['a name of separators', { ...simple, trigger: { ...trigger, eventName: ' _-' } }, '/trigger/eventName'],
  ['a filter that is none', { ...simple, trigger: { ...trigger, filter: { field: 'amount' } } }, '/trigger/filter'],
  ['an unknown step', { ...simple, steps: [{ type: 'dance' }] }, '/steps/0/type'],
  [
    'a wait that is none',
    { ...simple, steps: [{ type: 'end' }, { type: 'wait', duration: 'soon' }] },
    '/steps/1/duration',
  ],
  ['a step after the end', { ...simple, steps: [{ type: 'end' }, { type: 'end' }] }, '/steps/1'],
  ['branches too deep', { ...simple, steps: nested(8) }, '/steps'],
])('%s is refused at its place', async (_what, body, pointer) => {
  const refused = await harness.call('POST', '/automations', body);
  expect(refused.status).toBe(422);
  expect(refused.body.errors[0].pointer).toMatch(new RegExp(`^${pointer}(/|$)`));
});

test('what nests very deep, and names that cannot be stored, are refused', async () => {
  const deep = `{"name":"x","trigger":${JSON.stringify(trigger)},"steps":${'[{"type":"condition","then":'.repeat(20_000)}[]${'}]'.repeat(20_000)}}`;
  expect((await harness.call('POST', '/automations', deep)).body).toMatchObject({
    status: 422,
    detail: expect.stringContaining('nests deeper than 32'),
  });
  for (const key of ['__proto__', 'nul\\u0000']) {
    const body = `{"name":"x","trigger":${JSON.stringify(trigger)},"steps":[{"type":"updateContact","traits":{"a":{"${key}":1}}}]}`;
    const refused = await harness.call('POST', '/automations', body);
    expect(refused.body).toMatchObject({
      status: 422,
      errors: [{ detail: expect.stringContaining('cannot be a name') }],
    });
    expect(refused.body.errors[0].pointer).toMatch(/^\/steps\/0\/traits\/a\//);
  }
});

test('lists and templates must exist, URLs and senders must be allowed: each is named by its place', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const foreign = await addList(harness.call);
  const foreignTemplate = await addTemplate(harness.workspaceId);
  const own = await addList(call);
  const steps = [
    { type: 'addToList', listId: own },
    { type: 'removeFromList', listId: foreign },
    {
      type: 'condition',
      if: { field: 'contact.email', op: 'exists' },
      then: [{ type: 'webhook', url: 'https://private.example.com/' }],
      else: [
        { type: 'sendEmail', templateId: await addTemplate(workspaceId), from: 'News <news@acme.com>' },
        {
          ...{ type: 'waitForEmail', event: 'opened', limit: '1d' },
          then: [{ type: 'sendEmail', templateId: foreignTemplate, from: 'x@evil.example' }],
        },
      ],
    },
  ];
  const { id } = await make(call);
  for (const refused of [
    await call('POST', '/automations', { ...simple, steps }),
    await call('PATCH', `/automations/${id}`, { steps }),
  ]) {
    expect(refused.status).toBe(422);
    expect(refused.body.errors).toEqual([
      { pointer: '/steps/1/listId', detail: expect.stringContaining(foreign) },
      { pointer: '/steps/2/then/0/url', detail: 'the address is not public' },
      { pointer: '/steps/2/else/1/then/0/templateId', detail: expect.stringContaining(foreignTemplate) },
      { pointer: '/steps/2/else/1/then/0/from', detail: 'is not ours' },
    ]);
    expect(refused.body.detail).toContain('steps.1.listId');
  }
  expect((await call('GET', `/automations/${id}`)).body).toMatchObject({ version: 1, steps: simple.steps });
});

test('an automation is not activated when a template of its steps is gone', async () => {
  const templateId = await addTemplate(harness.workspaceId);
  const { id } = await make(harness.call, { ...simple, steps: [{ type: 'sendEmail', templateId }] });
  await harness.stores.templates.delete(harness.workspaceId, templateId);
  const refused = await harness.call('PATCH', `/automations/${id}`, { status: 'active' });
  expect(refused.body).toMatchObject({ status: 422, code: 'unknown_template', errors: [{ pointer: '/steps' }] });
  expect((await harness.call('PATCH', `/automations/${id}`, { name: 'Later' })).status).toBe(200);
  expect((await harness.call('PATCH', `/automations/${id}`, { status: 'active', steps: [] })).status).toBe(200);
});

test('exitOn is kept with the version; one that is no exit is refused', async () => {
  const { id } = await make(harness.call, { ...simple, exitOn: ['bounced', 'bounced'] });
  const path = `/automations/${id}`;
  expect((await harness.call('GET', path)).body).toMatchObject({ exitOn: ['bounced'], version: 1 });
  expect((await harness.call('PATCH', path, { exitOn: ['bounced'] })).body.version).toBe(1);
  expect((await harness.call('PATCH', path, { exitOn: [] })).body).toMatchObject({ exitOn: [], version: 2 });
  expect(await harness.stores.automations.versionOf(id, 1)).toEqual({ steps: simple.steps, exitOn: ['bounced'] });
  expect(await harness.stores.automations.versionOf(id, 2)).toEqual({ steps: simple.steps, exitOn: [] });
  const refused = await harness.call('PATCH', path, { exitOn: ['bored'] });
  expect(refused.body).toMatchObject({ status: 422, errors: [{ pointer: '/exitOn/0' }] });
});

test('an automation of another workspace is not there', async () => {
  const other = await harness.addWorkspace();
  const { id } = await make(other.call);
  for (const [method, path, body] of [
    ['GET', `/automations/${id}`],
    ['PATCH', `/automations/${id}`, { name: 'Mine' }],
    ['DELETE', `/automations/${id}`],
    ['GET', `/automations/${id}/runs`],
    ['POST', `/automations/${id}/simulate`, { eventName: 'x' }],
  ] as const) {
    expect((await harness.call(method, path, body)).status).toBe(404);
  }
  expect((await harness.call('GET', '/automations')).text).not.toContain(id);
  expect((await other.call('GET', `/automations/${id}`)).body.name).toBe('Buyers');
  expect(await stepsOf(id, 1)).toEqual(simple.steps);
});

test('the same Idempotency-Key makes one automation', async () => {
  const { call } = await harness.addWorkspace();
  const send = () => call('POST', '/automations', simple, { 'idempotency-key': 'a-1' });
  const first = await send();
  expect((await send()).body).toEqual(first.body);
  expect((await call('GET', '/automations')).body.data).toHaveLength(1);
});

/** Runs of an automation as its tracks would have caused them. */
const addRuns = async (workspaceId: string, automationId: string, messageIds: string[]): Promise<string[]> => {
  const runs = messageIds.map((messageId) => ({
    ...{ key: `${automationId}/con_1/${messageId}`, workspaceId, automationId, automationName: 'Buyers', version: 1 },
    ...{ contactId: 'con_1', messageKey: `${workspaceId}/${messageId}` },
  }));
  await harness.database.transaction((session) => harness.stores.runs.insert(runs, new Date(harness.now()), session));
  return runs.map(({ key }) => key);
};

test('runs are shown with their log, page by page, newest first', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const { id } = await make(call);
  await addRuns(workspaceId, (await make(call)).id, ['other']);
  const [key = '', ...others] = await addRuns(workspaceId, id, ['m-1', 'm-2', 'm-3']);
  expect(others).toHaveLength(2);
  const at = new Date(harness.now() + 1_000);
  await harness.stores.runs.logStep(key, { position: [0], step: 'wait 2h', at, result: 'waits until then' });
  await harness.stores.runs.end(key, 'stopped', at, 'the contact was deleted');
  const rows = await readAll(call, `/automations/${id}/runs`, 2);
  expect(rows.map(({ messageId }: { messageId: string }) => messageId)).toEqual(['m-3', 'm-2', 'm-1']);
  const workflowId = workflowIds.automationRun(key);
  expect(rows[2]).toEqual({
    id: key,
    contactId: 'con_1',
    messageId: 'm-1',
    status: 'stopped',
    reason: 'the contact was deleted',
    version: 1,
    log: [{ position: [0], step: 'wait 2h', at: '2026-04-15T10:00:01.000Z', result: 'waits until then' }],
    startedAt: '2026-04-15T10:00:00.000Z',
    endedAt: '2026-04-15T10:00:01.000Z',
    workflowId,
    temporalUrl: urlOf(workflowId),
  });
  expect(rows[0]).toMatchObject({ status: 'running', reason: null, endedAt: null, log: [] });
});

test('a run under way finds its steps until its automation is deleted, and none then', async () => {
  const { call, workspaceId } = await harness.addWorkspace();
  const { id } = await make(call);
  const [key = ''] = await addRuns(workspaceId, id, ['m-1']);
  await harness.stores.messages.insert([
    {
      ...{ _id: `${workspaceId}/m-1`, workspaceId, messageId: 'm-1', type: 'track', source: 'segment', state: 'done' },
      body: JSON.stringify({ type: 'track', userId: 'u', event: 'Purchase Completed' }),
      ...{ receivedAt: new Date(harness.now()), occurredAt: new Date(harness.now()) },
    },
  ]);
  const log = createRunLog(harness.database, harness.stores);
  await call('PATCH', `/automations/${id}`, { steps: [{ type: 'end' }] });
  expect((await log.load(key))?.steps).toEqual(simple.steps);
  await call('DELETE', `/automations/${id}`);
  expect(await log.load(key)).toBeUndefined();
});

describe('simulate', () => {
  const steps = [
    { type: 'updateContact', traits: { plan: 'pro' } },
    {
      type: 'condition',
      if: { field: 'contact.metadata.plan', op: 'equals', value: 'pro' },
      then: [{ type: 'webhook', url: 'https://hooks.example.com/' }],
    },
  ];
  const filter = { field: 'properties.amount', op: 'gte', value: 10 };
  const setUp = async (status: string) => {
    const workspace = await harness.addWorkspace();
    const automation = await make(workspace.call, { ...simple, status, trigger: { ...trigger, filter }, steps });
    const write = await createContactWrites(harness.database, harness.stores).create(
      { workspaceId: workspace.workspaceId, email: 'ada@example.com', userId: 'u-1', listIds: [], patch: {} },
      harness.now(),
    );
    if (write.kind !== 'saved') throw new Error(write.kind);
    const run = (body: object) => workspace.call('POST', `/automations/${automation.id}/simulate`, body);
    return { ...workspace, automation, contact: write.contact, run };
  };
  const event = { eventName: 'purchaseCompleted', properties: { amount: 10 } };

  test('says what would be done, and does nothing', async () => {
    const { run, contact, workspaceId, automation } = await setUp('active');
    for (const who of [{ contactId: contact.id }, { email: ' ADA@example.com' }, { userId: 'u-1' }]) {
      const { status, body } = await run({ ...event, ...who });
      expect(status).toBe(200);
      expect(body).toEqual({
        ...{ matches: true, reason: null, eventKey: 'purchase_completed', contactId: contact.id },
        steps: [
          { position: [0], step: 'updateContact plan', result: 'would change metadata.plan' },
          { position: [1], step: 'condition', result: 'then' },
          { position: [1, 'then', 0], step: 'webhook', result: 'would post to https://hooks.example.com/' },
        ],
      });
    }
    expect(await harness.stores.contacts.get(workspaceId, contact.id)).toEqual(contact);
    expect(await harness.stores.runs.page({ workspaceId, automationId: automation.id }, { limit: 10 })).toEqual([]);
  });

  test('says why nothing would be done', async () => {
    const { run, contact } = await setUp('active');
    const contactId = contact.id;
    expect((await run({ ...event, contactId, properties: { amount: 9 } })).body).toMatchObject({
      ...{ matches: false, reason: 'filter: properties.amount gte 10 is not true', steps: [] },
    });
    expect((await run({ eventName: 'Signed Up', contactId })).body).toMatchObject({
      matches: false,
      eventKey: 'signed_up',
      steps: [],
    });
    for (const who of [{ contactId: newId('contact') }, { email: 'nobody@example.com' }, { userId: 'u-2' }]) {
      expect((await run({ ...event, ...who })).body).toMatchObject({
        ...{ matches: false, contactId: null, reason: expect.stringContaining('no contact is known'), steps: [] },
      });
    }
  });

  test('tries a draft, and without a contact', async () => {
    const { run } = await setUp('draft');
    const { body } = await run(event);
    expect(body).toMatchObject({ matches: false, reason: expect.stringContaining('draft'), contactId: null });
    expect(body.steps).toHaveLength(3);
  });

  test('a contact of another workspace is not known', async () => {
    const { run } = await setUp('active');
    const other = await setUp('active');
    expect((await run({ ...event, contactId: other.contact.id })).body).toMatchObject({
      matches: false,
      contactId: null,
    });
  });

  test('needs the name of an event', async () => {
    const { run } = await setUp('active');
    for (const [body, pointer] of [
      [{}, '/eventName'],
      [{ eventName: ' ' }, '/eventName'],
      [{ ...event, properties: [] }, '/properties'],
    ] as const) {
      expect((await run(body)).body).toMatchObject({ status: 422, errors: [{ pointer }] });
    }
  });
});
