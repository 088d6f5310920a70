import { newContact } from '../../domain/contact';
import { explain, stagesOf, type AutomationFacts, type MessageFacts, type WhyFacts } from '../../domain/why';

const nowMs = Date.parse('2026-04-15T10:00:00Z');
const morgan = {
  ...newContact({ id: 'con_1', workspaceId: 'ws_1', email: 'morgan@acme.com', source: 'api' }, nowMs),
  metadata: { plan: 'free' },
};
const nothing: WhyFacts = {
  ...{ nowMs, cameKeys: [], listenedKeys: [], listeners: [], endpoints: [], hasWebhooks: true },
};
const welcome: AutomationFacts = {
  ...{ id: 'aut_1', name: 'Welcome', status: 'active', eventKey: 'purchase_completed' },
  trigger: { type: 'CUSTOM_EVENT', eventName: 'Purchase Completed' },
};
const forPro: AutomationFacts = {
  ...welcome,
  trigger: { ...welcome.trigger, filter: { field: 'contact.metadata.plan', op: 'equals', value: 'pro' } },
};
const identify: MessageFacts = {
  ...{ id: 'i-1', receivedAt: '2026-04-15T09:59:00.000Z', status: 'updated', event: null, eventKey: null },
  ...{ contactId: 'con_1', reason: null, changes: ['metadata.plan'], properties: {} },
  ...{ automations: [], runs: [], emails: [], webhookEvents: [] },
};
const track: MessageFacts = {
  ...{ ...identify, id: 't-1', status: 'recorded', changes: [] },
  ...{ event: 'Purchase Completed', eventKey: 'purchase_completed' },
};
const endpoint = { id: 'whe_1', status: 'active', events: ['contact.created'] };
const delivery: MessageFacts['webhookEvents'][number]['deliveries'][number] = {
  ...{ id: 'dlv_1', endpointId: 'whe_1', endpointUrl: 'https://hooks.acme.com', status: 'retrying', attemptCount: 2 },
  ...{ lastStatusCode: 500, lastError: null, nextAttemptAt: '2026-04-15T10:02:00.000Z' },
};
const told = (deliveries: MessageFacts['webhookEvents'][number]['deliveries'], isDispatched = true) => ({
  ...identify,
  webhookEvents: [{ event: 'contact.updated', isDispatched, deliveries }],
});
const known = { asked: 'morgan@acme.com', known: morgan, rejections: [] };

const cases: [string, Partial<WhyFacts>, string[]][] = [
  [
    'nobody has heard of the contact',
    { contact: { asked: 'morgan@acme.com', rejections: [{ reason: 'type is missing' }] } },
    [
      'problem: No identify has come for morgan@acme.com, and nobody has added them.',
      'hint: A message that names morgan@acme.com was refused: type is missing.',
    ],
  ],
  [
    'a contact who has left',
    {
      contact: { ...known, known: { ...morgan, status: 'unsubscribed' }, suppression: 'unsubscribed' },
      message: identify,
    },
    [
      'ok: morgan@acme.com is a contact since 2026-04-15T10:00:00.000Z.',
      'hint: morgan@acme.com has unsubscribed: email of campaigns and automations is held back.',
      'hint: The address is suppressed (unsubscribed): nothing is sent to it.',
      'ok: The identify came at 2026-04-15T09:59:00.000Z and was accepted.',
      'ok: It changed metadata.plan of the contact.',
    ],
  ],
  [
    'a messageId that never came',
    { missing: { messageId: 'm-9' } },
    ['problem: No message "m-9" has come; look whether the platform sends to this workspace, with a key of it.'],
  ],
  [
    'a messageId that was refused',
    { missing: { messageId: 'm-9', rejection: { reason: 'userId must be a string' } } },
    ['problem: The message "m-9" was refused: userId must be a string.'],
  ],
  [
    'another name than the automation listens to',
    {
      ...{ contact: known, automation: { asked: 'aut_1', known: welcome }, listenedKeys: ['purchase_completed'] },
      message: { ...track, event: 'purchase_complete', eventKey: 'purchase_complete' },
    },
    [
      'ok: morgan@acme.com is a contact since 2026-04-15T10:00:00.000Z.',
      'ok: The track "purchase_complete" came at 2026-04-15T09:59:00.000Z and was accepted.',
      'ok: Its contact was found.',
      'problem: No automation listens to "purchase_complete".',
      'hint: Did you mean "purchase_completed"? An automation listens to that.',
      'problem: "Welcome" did not start: name "purchase_complete" is not "purchase_completed" (did you mean "purchase_completed"?).',
    ],
  ],
  [
    'a name that is far from it',
    {
      ...{ automation: { asked: 'aut_1', known: welcome }, event: { asked: 'Order Sent', key: 'order_sent' } },
      listeners: [{ ...welcome, eventKey: 'order_sent' }],
    },
    [
      'problem: No track "Order Sent" has come.',
      'problem: "Welcome" did not start: name "order_sent" is not "purchase_completed".',
    ],
  ],
  [
    'no event has come, but one by a like name',
    {
      ...{ contact: known, automation: { asked: 'aut_1', known: welcome }, cameKeys: ['purchase_completd', 'opened'] },
      ...{ listeners: [welcome], cameForOthersAt: '2026-04-14T00:00:00.000Z' },
    },
    [
      'ok: morgan@acme.com is a contact since 2026-04-15T10:00:00.000Z.',
      'problem: No track "Purchase Completed" has come for morgan@acme.com.',
      'hint: What came is "purchase_completd": is that the one meant?',
      'hint: It has come for others, last at 2026-04-14T00:00:00.000Z.',
    ],
  ],
  [
    'a filter, with what the contact is now',
    {
      ...{ contact: known, automation: { asked: 'aut_1', known: forPro }, listeners: [forPro] },
      message: {
        ...track,
        automations: [
          {
            ...{ automationId: 'aut_1', name: 'Welcome', ran: false },
            reason: 'filter: contact.metadata.plan equals "pro" is not true',
          },
        ],
      },
    },
    [
      'ok: morgan@acme.com is a contact since 2026-04-15T10:00:00.000Z.',
      'ok: The track "Purchase Completed" came at 2026-04-15T09:59:00.000Z and was accepted.',
      'ok: Its contact was found.',
      'ok: Its name "Purchase Completed" is matched as "purchase_completed".',
      'problem: "Welcome" did not start: filter: contact.metadata.plan equals "pro" is not true.',
      'problem: As the contact is now, the filter of "Welcome" does not let it in: contact.metadata.plan equals "pro" is not true: contact.metadata.plan is "free".',
    ],
  ],
  [
    'a paused automation',
    {
      contact: known,
      automation: { asked: 'aut_1', known: { ...welcome, status: 'paused' } },
      listeners: [welcome],
      message: track,
    },
    [
      'ok: morgan@acme.com is a contact since 2026-04-15T10:00:00.000Z.',
      'ok: The track "Purchase Completed" came at 2026-04-15T09:59:00.000Z and was accepted.',
      'ok: Its contact was found.',
      'ok: Its name "Purchase Completed" is matched as "purchase_completed".',
      'hint: Nothing listened to it when it came; "Welcome" does now.',
      'problem: "Welcome" is paused; it starts for nobody until it is activated.',
    ],
  ],
  [
    'somebody who is in it already',
    {
      ...{ contact: known, listeners: [welcome], message: identify },
      automation: {
        asked: 'aut_1',
        known: welcome,
        run: { startedAt: '2026-04-15T09:00:00.000Z', status: 'running', reason: null },
      },
    },
    [
      'ok: morgan@acme.com is a contact since 2026-04-15T10:00:00.000Z.',
      'ok: The identify came at 2026-04-15T09:59:00.000Z and was accepted.',
      'ok: It changed metadata.plan of the contact.',
      'ok: The contact is in it already, since 2026-04-15T09:00:00.000Z.',
    ],
  ],
  [
    'an automation that is gone',
    { automation: { asked: 'aut_9' } },
    ['problem: There is no automation aut_9; it may have been deleted.'],
  ],
  [
    'a run whose email was held back',
    {
      listeners: [welcome],
      message: {
        ...track,
        automations: [{ automationId: 'aut_1', name: 'Welcome', ran: true, reason: null }],
        runs: [
          {
            ...{ automationId: 'aut_1', automationName: 'Welcome', status: 'completed', reason: null },
            log: [{ step: 'addToList lst_1', result: 'skipped: list lst_1 does not exist' }],
          },
        ],
        emails: [{ id: 'eml_1', to: 'morgan@acme.com', status: 'skipped', reason: 'the contact has unsubscribed' }],
      },
    },
    [
      'ok: The track "Purchase Completed" came at 2026-04-15T09:59:00.000Z and was accepted.',
      'ok: Its contact was found.',
      'ok: Its name "Purchase Completed" is matched as "purchase_completed".',
      'ok: "Welcome" started.',
      'ok: The run of "Welcome" went through all its steps.',
      'hint: Its step "addToList lst_1" skipped: list lst_1 does not exist.',
      'hint: The email to morgan@acme.com was held back: the contact has unsubscribed.',
    ],
  ],
  [
    'no endpoint that listens',
    { message: told([]), endpoints: [endpoint] },
    ['hint: No endpoint listens to contact.updated.'],
  ],
  [
    'no endpoint at all',
    { message: told([]) },
    ['hint: contact.updated was told to nobody: there is no endpoint; add one.'],
  ],
  [
    'a plan without webhooks',
    { message: told([]), hasWebhooks: false },
    ['hint: contact.updated was told to nobody: the plan of this workspace has no webhooks.'],
  ],
  [
    'deliveries to come',
    { message: told([], false) },
    ['hint: The deliveries of contact.updated are about to be made.'],
  ],
  [
    'a delivery that is retried',
    { message: told([delivery]) },
    [
      'hint: contact.updated to https://hooks.acme.com: attempt 2 failed, it answered 500; next attempt at 2026-04-15T10:02:00.000Z.',
    ],
  ],
  [
    'a delivery that is held',
    { message: told([{ ...delivery, status: 'held' }]), endpoints: [{ ...endpoint, status: 'paused' }] },
    [
      'problem: contact.updated to https://hooks.acme.com: held, since the endpoint is paused; it is sent once the endpoint is resumed.',
    ],
  ],
  [
    'a delivery that has failed',
    { message: told([{ ...delivery, status: 'failed', attemptCount: 6, lastStatusCode: null, lastError: 'timeout' }]) },
    [
      'problem: contact.updated to https://hooks.acme.com: all 6 attempts failed, timeout; trigger it again once the receiver is mended.',
    ],
  ],
];

test.each(cases)('%s', (_name, facts, wanted) => {
  const said = explain({ ...nothing, ...facts }).map(({ kind, text }) => `${kind}: ${text}`);
  // What webhooks are about begins after the two sentences on the identify itself.
  const isWebhook = facts.message !== undefined && facts.message.webhookEvents.length > 0;
  expect(isWebhook ? said.slice(2) : said).toEqual(wanted);
});

test('an identify without a change says why nothing was told', () => {
  const message: MessageFacts = { ...identify, status: 'unchanged', changes: [] };
  expect(explain({ ...nothing, message })).toContainEqual(
    expect.objectContaining({ kind: 'hint', text: expect.stringContaining('there is no contact.updated') }),
  );
});

test.each([
  ['2026-04-15T09:59:50.000Z', 'hint'],
  ['2026-04-15T09:58:00.000Z', 'problem'],
])('what waits for a worker since %s is a %s', (receivedAt, kind) => {
  const message: MessageFacts = { ...identify, status: 'received', changes: [], receivedAt };
  expect(explain({ ...nothing, message }).at(-1)).toMatchObject({ stage: 'received', kind });
});

test('the value that decided is named for each way of joining comparisons, and nothing where properties are unknown', () => {
  const field = 'contact.metadata.plan';
  const ask = (filter: NonNullable<AutomationFacts['trigger']['filter']>) =>
    explain({
      ...{ ...nothing, contact: known, listeners: [welcome] },
      automation: { asked: 'aut_1', known: { ...welcome, trigger: { ...welcome.trigger, filter } } },
    })
      .map(({ text }) => text)
      .find((text) => text.startsWith('As the contact is now'));
  expect(
    ask({
      all: [
        { field, op: 'exists' },
        { field: 'contact.firstName', op: 'exists' },
      ],
    }),
  ).toContain('contact.firstName is null');
  expect(
    ask({
      any: [
        { field, op: 'equals', value: 'pro' },
        { field: 'contact.metadata.age', op: 'gt', value: 3 },
      ],
    }),
  ).toMatch(/plan is "free", contact\.metadata\.age is not there\.$/);
  expect(ask({ not: { field, op: 'exists' } })).toContain('a condition under "not" holds');
  expect(ask({ field, op: 'equals', value: 'free' })).toBeUndefined();
  expect(ask({ field: 'properties.amount', op: 'gt', value: 3 })).toBeUndefined();
});

test('the stages show the gravest thing of each', () => {
  const stages = stagesOf(
    explain({ ...nothing, contact: known, automation: { asked: 'aut_1', known: welcome }, listeners: [welcome] }),
  );
  expect(stages).toEqual([
    { stage: 'received', kind: 'problem' },
    { stage: 'contact', kind: 'ok' },
    { stage: 'name', kind: 'none' },
    { stage: 'automation', kind: 'none' },
    { stage: 'run', kind: 'none' },
    { stage: 'email', kind: 'none' },
    { stage: 'webhook', kind: 'none' },
  ]);
});
