import { workflowIds } from '../../domain/ids';
import { automationRoutes } from '../../src/http/automation-routes';
import { automationRunRoutes } from '../../src/http/automation-run-routes';
import { automationStatisticsRoutes } from '../../src/http/automation-statistics-routes';
import { eventNameRoutes } from '../../src/http/event-name-routes';
import { listRoutes } from '../../src/http/list-routes';
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
    ...automationRunRoutes({ ...stores, temporalUrl: urlOf }),
    ...automationStatisticsRoutes({ ...stores, now }),
    ...eventNameRoutes(stores),
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

test.each([
  [{ field: 'amount', op: 'gt', value: 1 }, '/trigger/filter/field', 'must name a field such as'],
  [{ all: [{ field: 'contact.email', op: 'like' }] }, '/trigger/filter/all/0/op', 'must be one of'],
  [{ any: [{ not: { field: 'properties.n', op: 'lt', value: 'x' } }] }, '/trigger/filter/any/0/not/value', 'a number'],
])('a filter %j is refused at the part that is wrong', async (filter, pointer, detail) => {
  const refused = await harness.call('POST', '/automations', { ...simple, trigger: { ...trigger, filter } });
  expect(refused.body.errors).toEqual([{ pointer, detail: expect.stringContaining(detail) }]);
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
    ['GET', `/automations/${id}/statistics`],
    ['GET', `/automations/${id}/versions/1`],
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
    position: [0],
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

describe('who stands where', () => {
  const steps = [
    { type: 'wait', duration: '2h' },
    { type: 'condition', if: { field: 'contact.email', op: 'exists' }, then: [{ type: 'wait', duration: '1d' }] },
  ];
  const logged = (position: (number | 'then')[]) => ({
    ...{ position, step: 'wait 1d', at: new Date(harness.now()), result: 'waits' },
  });

  test('is counted by step and version, beside what is over', async () => {
    const { call, workspaceId } = await harness.addWorkspace();
    const { id } = await make(call, { ...simple, steps });
    await addRuns(workspaceId, (await make(call)).id, ['other']);
    const [one = '', two = '', three = '', four = ''] = await addRuns(workspaceId, id, ['1', '2', '3', '4', '5']);
    const { runs } = harness.stores;
    await runs.logStep(one, logged([0]), [0]);
    await runs.logStep(two, logged([1, 'then', 0]), [1, 'then', 0]);
    await runs.end(three, 'completed', new Date(harness.now()));
    await runs.end(four, 'stopped', new Date(harness.now()), 'the contact was deleted');
    await call('PATCH', `/automations/${id}`, { steps: [{ type: 'end' }] });
    const { status, body } = await call('GET', `/automations/${id}/statistics`);
    expect(status).toBe(200);
    expect({ ...body, standing: undefined }).toEqual({
      ...{ version: 2, running: 3, completed: 1, stopped: 1, startedLastDay: 5, countLimit: 100_000 },
      lastStartedAt: '2026-04-15T10:00:00.000Z',
    });
    expect(body.standing).toHaveLength(2);
    expect(body.standing).toEqual(
      expect.arrayContaining([
        { version: 1, position: [0], runs: 2 },
        { version: 1, position: [1, 'then', 0], runs: 1 },
      ]),
    );
    const idsAt = async (query: string) =>
      (await call('GET', `/automations/${id}/runs?${query}`)).body.data.map((run: { id: string }) => run.id);
    expect(await idsAt('position=1.then.0&version=1')).toEqual([two]);
    expect(await idsAt('position=1.then.0')).toEqual([]);
    expect(await idsAt('status=stopped')).toEqual([four]);
    expect((await readAll(call, `/automations/${id}/runs?position=0&version=1`, 1)).length).toBe(2);
    for (const query of ['position=1.maybe', 'position=0&status=completed', 'status=lost']) {
      expect((await call('GET', `/automations/${id}/runs?${query}`)).status).toBe(400);
    }
    const list = await call('GET', '/automations?include=activity');
    expect(list.body.data.at(-1)).toMatchObject({
      ...{ id, activity: { running: 3, lastStartedAt: '2026-04-15T10:00:00.000Z' } },
    });
  });

  test('a run is shown by itself, with the step that it is at, and its version with its steps', async () => {
    const { call, workspaceId } = await harness.addWorkspace();
    const { id } = await make(call, { ...simple, steps });
    const [key = ''] = await addRuns(workspaceId, id, ['1']);
    await harness.stores.runs.logStep(key, logged([0]), [1]);
    await call('PATCH', `/automations/${id}`, { steps: [{ type: 'end' }] });
    const path = `/automations/${id}/runs/${encodeURIComponent(key)}`;
    expect((await call('GET', path)).body).toMatchObject({ id: key, version: 1, position: [1] });
    expect((await call('GET', `/automations/${id}/versions/1`)).body).toMatchObject({ version: 1, steps });
    for (const gone of [`/automations/${id}/versions/9`, `/automations/${id}/runs/x`]) {
      expect((await call('GET', gone)).status).toBe(404);
    }
    expect((await harness.call('GET', path)).status).toBe(404);
  });
});

describe('validate', () => {
  test('says what saving would say, and saves nothing', async () => {
    const { call } = await harness.addWorkspace();
    const bodies = [
      simple,
      { ...simple, name: '' },
      { ...simple, steps: [{ type: 'wait', duration: 'soon' }, { type: 'dance' }] },
      { ...simple, steps: [{ type: 'addToList', listId: 'lst_gone' }] },
      { ...simple, trigger: { ...trigger, filter: { field: 'amount', op: 'gt', value: 1 } } },
      { ...simple, steps: nested(8) },
    ];
    for (const body of bodies) {
      const validated = await call('POST', '/automations/validate', body);
      expect(validated.status).toBe(200);
      const { data } = (await call('GET', '/automations')).body;
      expect(data).toEqual([]);
      const saved = await call('POST', '/automations', body);
      const problems = saved.body.errors ?? [];
      expect(validated.body).toEqual({ isValid: problems.length === 0, problems });
      if (saved.status === 201) await call('DELETE', `/automations/${saved.body.id}`);
    }
  });
});

test('names of events are those of the newest tracks, the most frequent first', async () => {
  const { call } = await harness.addWorkspace();
  expect((await call('GET', '/event-names')).body).toEqual({ data: [], of: 0 });
  const other = await harness.addWorkspace();
  const names = ['Signed Up', 'purchase-completed', 'Purchase Completed', '<img src=x>'];
  await harness.stores.messages.insert(
    names.map((event, index) => ({
      ...{ _id: `${other.workspaceId}/m${index}`, workspaceId: other.workspaceId, messageId: `m${index}` },
      ...{ type: 'track' as const, source: 'segment' as const, state: 'received' as const },
      ...{ receivedAt: new Date(harness.now() + index), occurredAt: new Date(harness.now()) },
      body: JSON.stringify({ type: 'track', userId: 'u', event }),
    })),
  );
  const { body } = await other.call('GET', '/event-names');
  expect(body.of).toBe(4);
  expect(body.data[0]).toEqual({
    ...{ name: 'Purchase Completed', eventKey: 'purchase_completed', count: 2, lastAt: '2026-04-15T10:00:00.002Z' },
  });
  expect(body.data.map(({ name }: { name: string }) => name)).toContain('<img src=x>');
});
