import { standardRetryDelaysMs } from '../../domain/retry-timeline';
import { automationRoutes } from '../../src/http/automation-routes';
import { simulationRoutes } from '../../src/http/simulation-routes';
import { createContactWrites } from '../../src/mongo/contact-writes';
import { newId } from '../../src/mongo/new-id';
import { createLinkSigner } from '../../src/email/links';
import { createRenderer } from '../../src/email/render';
import { startHarness, type Harness } from './harness';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(({ database, stores, now }) => [
    ...simulationRoutes({
      ...stores,
      renderer: createRenderer({
        publicUrl: () => 'https://esx.example',
        links: createLinkSigner('a key of the tests'),
      }),
      ...{ retryDelaysMs: standardRetryDelaysMs, now },
    }),
    ...automationRoutes({
      ...{ database, ...stores, now, checkSender: () => Promise.resolve({ ok: true as const }) },
      checkUrl: (url) => Promise.resolve({ ok: true, url: new URL(url).href }),
    }),
  ]);
});
afterAll(() => harness.close());

const trigger = { type: 'CUSTOM_EVENT', eventName: 'Purchase Completed' };
const simple = { name: 'Buyers', trigger, steps: [{ type: 'wait', duration: '2h' }] };
const make = async (call: Harness['call'], body: object = simple) => {
  const made = await call('POST', '/automations', body);
  if (made.status !== 201) throw new Error(made.text);
  return made.body;
};

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
      const { timeline, ...answer } = body;
      expect(timeline.map(({ kind }: { kind: string }) => kind)).toEqual(['step', 'branch', 'webhook-attempt', 'end']);
      expect(answer).toEqual({
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

  test('an automation of another workspace is not there', async () => {
    const { automation } = await setUp('active');
    expect((await harness.call('POST', `/automations/${automation.id}/simulate`, event)).status).toBe(404);
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

describe('simulate over time', () => {
  const steps = (templateId: string) => [
    { type: 'sendEmail', templateId },
    {
      ...{ type: 'waitForEmail', event: 'clicked', limit: '2d' },
      then: [{ type: 'webhook', url: 'https://hooks.example.com/' }],
      else: [
        { type: 'wait', duration: '1h' },
        { type: 'sendEmail', templateId },
      ],
    },
  ];
  const draftOf = async (workspaceId: string) => {
    const templateId = newId('template');
    await harness.stores.templates.insert({
      ...{ id: templateId, workspaceId, name: 'Welcome', html: '<p>Hi</p>' },
      subject: 'Hi {{ contact.firstName }}, your {{ event.properties.plan }}',
      ...{ createdAtMs: harness.now(), updatedAtMs: harness.now() },
    });
    return { trigger, steps: steps(templateId) };
  };
  const event = { eventName: 'Purchase Completed', properties: { plan: '<b>pro</b>' }, contact: { firstName: 'Ada' } };

  test('dates what an automation that is not saved would do, and saves nothing', async () => {
    const { call, workspaceId } = await harness.addWorkspace();
    const automation = await draftOf(workspaceId);
    const answer = await call('POST', '/automations/simulate', {
      ...{ ...event, automation, startAt: '2026-05-01T08:00:00Z' },
      assume: { emailClickedAfter: '3h', webhookFailures: 2 },
    });
    expect(answer.body).toMatchObject({ matches: true, reason: null, contactId: null, eventKey: 'purchase_completed' });
    const subject = 'Hi Ada, your <b>pro</b>';
    const rows = answer.body.timeline.map(({ at, kind, position }: Record<string, unknown>) => [at, kind, position]);
    expect(rows).toEqual([
      ['2026-05-01T08:00:00.000Z', 'email', [0]],
      ['2026-05-01T08:00:00.000Z', 'wait', [1]],
      ['2026-05-01T11:00:00.000Z', 'branch', [1]],
      ['2026-05-01T11:00:00.000Z', 'webhook-attempt', [1, 'then', 0]],
      ['2026-05-01T11:00:30.000Z', 'webhook-attempt', [1, 'then', 0]],
      ['2026-05-01T11:02:30.000Z', 'webhook-attempt', [1, 'then', 0]],
      ['2026-05-01T11:02:30.000Z', 'end', null],
    ]);
    expect(answer.body.timeline[0]).toMatchObject({ subject, templateId: expect.stringMatching(/^tpl_/) });
    expect((await call('GET', '/automations')).body.data).toEqual([]);
    const mails = await harness.stores.emails.collection.countDocuments({ workspaceId });
    expect(mails).toBe(0);
  });

  test('takes the other branch when nothing is clicked, and stops when the contact leaves', async () => {
    const { call, workspaceId } = await harness.addWorkspace();
    const automation = await draftOf(workspaceId);
    const run = async (assume: object) => {
      const { body } = await call('POST', '/automations/simulate', { ...event, automation, assume });
      return body.timeline.map(({ kind, text }: { kind: string; text: string }) => `${kind}: ${text}`);
    };
    expect((await run({ emailClickedAfter: null, emailOpenedAfter: '1h' })).slice(2)).toEqual([
      'branch: else: the time is up',
      expect.stringContaining('wait: would wait 1h'),
      'email: would send an email',
      'end: the run ends: no step is left',
    ]);
    expect((await run({ emailClickedAfter: null, contactUnsubscribesAfter: '1d' })).at(-1)).toBe(
      'end: the run stops: the contact has unsubscribed',
    );
  });

  test('says that an address is suppressed', async () => {
    const { call, workspaceId } = await harness.addWorkspace();
    const automation = await draftOf(workspaceId);
    const email = 'held@example.com';
    await harness.stores.suppressions.add(workspaceId, [{ email, reason: 'manual' }], new Date(harness.now()));
    const body = { ...event, automation, contact: { email } };
    const { timeline } = (await call('POST', '/automations/simulate', body)).body;
    expect(timeline[0]).toMatchObject({ kind: 'email', text: 'would be held back: the address is suppressed: manual' });
    expect(timeline[0].subject).toBeUndefined();
  });

  test.each([
    [{ automation: { trigger, steps: [{ type: 'dance' }] } }, '/automation/steps/0/type'],
    [{ assume: { webhookFailures: -1 } }, '/assume/webhookFailures'],
    [{ assume: { emailOpenedAfter: 'soon' } }, '/assume/emailOpenedAfter'],
    [{ startAt: 'tomorrow' }, '/startAt'],
    [{ contact: { status: 'gone' } }, '/contact/status'],
  ])('refuses %j at its place', async (wrong, pointer) => {
    const body = { ...event, automation: { trigger, steps: [] }, ...wrong };
    const refused = await harness.call('POST', '/automations/simulate', body);
    expect(refused.body).toMatchObject({ status: 422, errors: [{ pointer }] });
  });
});
