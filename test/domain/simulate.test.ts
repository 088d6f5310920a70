import fc from 'fast-check';
import { createRunStep } from '../../activities/run-step';
import { stepsSchema, type Automation, type Step, type StepPosition } from '../../domain/automation';
import { applyPatch, newContact, type Contact } from '../../domain/contact';
import { standardRetryDelaysMs } from '../../domain/retry-timeline';
import { simulate } from '../../domain/simulate';
import { kindWorld, type Assumptions } from '../../domain/simulated-timeline';

const nowMs = Date.parse('2026-04-15T10:00:00Z');
const contact: Contact = {
  ...newContact({ id: 'con_1', workspaceId: 'ws_1', email: 'ada@example.com', source: 'api' }, nowMs - 1_000),
  metadata: { plan: 'free' },
};
const automation = (steps: Step[], more: Partial<Automation> = {}): Automation => ({
  ...{ id: 'aut_1', workspaceId: 'ws_1', name: 'Buyers', status: 'active', eventKey: 'purchase_completed', version: 1 },
  ...{ trigger: { type: 'CUSTOM_EVENT', eventName: 'Purchase Completed' }, createdAtMs: nowMs, updatedAtMs: nowMs },
  steps,
  ...more,
});
const event = { name: 'purchase-completed', properties: { amount: 5 } };
const known = {
  ...{ listIds: new Set(['lst_1']), templateIds: new Set(['tpl_1']), startMs: nowMs },
  ...{ retryDelaysMs: standardRetryDelaysMs, assumptions: kindWorld },
};
const run = (steps: Step[], more: Partial<Automation> = {}) => simulate(automation(steps, more), event, contact, known);

test('each step is noted with what it would do', () => {
  const { matches, reason, steps } = run([
    { type: 'wait', duration: '2h' },
    { type: 'wait', duration: '30m' },
    { type: 'updateContact', traits: { firstName: 'Ada', plan: 'free' } },
    { type: 'updateContact', traits: { plan: 'free' } },
    { type: 'addToList', listId: 'lst_1' },
    { type: 'removeFromList', listId: 'lst_gone' },
    { type: 'webhook', url: 'https://hooks.example.com/' },
    { type: 'sendEmail', templateId: 'tpl_1' },
    { type: 'end' },
  ]);
  expect({ matches, reason }).toEqual({ matches: true, reason: undefined });
  expect(steps.map(({ step, result }) => `${step}: ${result}`)).toEqual([
    'wait 2h: would wait until 2026-04-15T12:00:00.000Z',
    'wait 30m: would wait until 2026-04-15T12:30:00.000Z',
    'updateContact firstName, plan: would change firstName',
    'updateContact plan: would change nothing',
    'addToList lst_1: would put the contact on the list',
    'removeFromList lst_gone: skipped: list lst_gone does not exist',
    'webhook: would post to https://hooks.example.com/',
    'sendEmail tpl_1: would send an email',
    'end: end',
  ]);
});

test('conditions see what earlier steps would have changed, and the contact itself stays as it is', () => {
  const before = structuredClone(contact);
  const { steps } = run([
    { type: 'updateContact', traits: { plan: 'pro' } },
    { type: 'addToList', listId: 'lst_1' },
    {
      type: 'condition',
      if: {
        all: [
          { field: 'contact.metadata.plan', op: 'equals', value: 'pro' },
          { field: 'contact.listIds', op: 'contains', value: 'lst_1' },
        ],
      },
      then: [{ type: 'removeFromList', listId: 'lst_1' }],
      else: [{ type: 'end' }],
    },
    { type: 'condition', if: { field: 'contact.listIds', op: 'contains', value: 'lst_1' }, then: [{ type: 'end' }] },
  ]);
  expect(steps.slice(2).map(({ position, result }) => [position.join('.'), result])).toEqual([
    ['2', 'then'],
    ['2.then.0', 'would take the contact off the list'],
    ['3', 'else: contact.listIds contains "lst_1" is not true'],
  ]);
  expect(contact).toEqual(before);
});

test('a wait for an email goes on as if it were heard of, unless none would have gone out', () => {
  const waits: Step = { type: 'waitForEmail', event: 'opened', limit: '2d', then: [], else: [{ type: 'end' }] };
  const resultsOf = (steps: Step[], who = contact): string[] =>
    simulate(automation(steps), event, who, known).steps.map(({ step, result }) => `${step}: ${result}`);
  const send: Step = { type: 'sendEmail', templateId: 'tpl_1' };
  expect(resultsOf([send, waits])).toEqual([
    'sendEmail tpl_1: would send an email',
    'wait 2d until opened: then: would wait until 2026-04-17T10:00:00.000Z at most; goes on as if it were opened',
  ]);
  expect(resultsOf([waits])).toEqual(['wait 2d until opened: else: no email was sent before', 'end: end']);
  expect(resultsOf([{ ...send, templateId: 'tpl_gone' }, waits])).toEqual([
    'sendEmail tpl_gone: would be held back: template tpl_gone does not exist',
    'wait 2d until opened: else: the email would be held back: template tpl_gone does not exist',
    'end: end',
  ]);
  expect(resultsOf([send], { ...contact, status: 'unsubscribed' })).toEqual([
    'sendEmail tpl_1: would be held back: the contact has unsubscribed',
  ]);
});

test('a change past 256 KB is skipped and not seen by later steps', () => {
  const { steps } = run([
    { type: 'updateContact', traits: { plan: 'x'.repeat(257 * 1024) } },
    { type: 'condition', if: { field: 'contact.metadata.plan', op: 'equals', value: 'free' }, then: [] },
  ]);
  expect(steps.map(({ result }) => result)).toEqual([expect.stringContaining('skipped'), 'then']);
});

test('an event of another name does not match, and says both names', () => {
  const result = simulate(automation([{ type: 'end' }]), { name: 'Signed Up', properties: {} }, contact, known);
  expect(result).toEqual({
    matches: false,
    reason: 'the event is "signed_up" and the automation listens to "purchase_completed"',
    steps: [],
    timeline: [],
  });
});

test('a filter that does not hold says which, and walks nothing', () => {
  const filter = { field: 'properties.amount', op: 'gt' as const, value: 10 };
  const trigger = { type: 'CUSTOM_EVENT' as const, eventName: 'Purchase Completed', filter };
  const expected = { matches: false, reason: 'filter: properties.amount gt 10 is not true', steps: [] };
  const nothing = { ...expected, timeline: [] };
  expect(run([{ type: 'end' }], { trigger })).toEqual(nothing);
  expect(run([{ type: 'end' }], { trigger, status: 'draft' })).toEqual(nothing);
});

test('a draft does not match, and is walked all the same', () => {
  const result = run([{ type: 'end' }], { status: 'draft' });
  expect(result).toMatchObject({
    matches: false,
    reason: 'the automation is draft; activate it',
    steps: [{ step: 'end' }],
  });
});

describe('over time', () => {
  const dated = (steps: Step[], assumptions: Assumptions, more: Partial<Automation> = {}, who = contact): string[] =>
    simulate(automation(steps, more), event, who, { ...known, assumptions }).timeline.map(
      ({ atMs, kind, text }) => `${(atMs - nowMs) / 60_000} ${kind}: ${text}`,
    );
  const hook: Step = { type: 'webhook', url: 'https://hooks.example.com/' };

  test('a receiver that fails is called along the timeline, and passed over at its end', () => {
    const attempts = dated([hook, { type: 'end' }], { webhookFailures: 9 });
    expect(attempts.map((line) => line.split(':')[0])).toEqual([
      ...['0 webhook-attempt', '0.5 webhook-attempt', '2.5 webhook-attempt', '12.5 webhook-attempt'],
      ...['42.5 webhook-attempt', '102.5 webhook-attempt', '102.5 end'],
    ]);
    expect(dated([hook], { webhookFailures: 1 })).toEqual([
      '0 webhook-attempt: attempt 1 of 6 would fail; the next one comes in 30s',
      '0.5 webhook-attempt: attempt 2 of 6 would be answered with 200',
      '0.5 end: the run ends: no step is left',
    ]);
  });

  test('a contact who leaves ends the run in the middle of a wait, and not one that does not end by it', () => {
    const leaves = { webhookFailures: 0, contactUnsubscribesAfterMs: 60_000 };
    const steps: Step[] = [
      { type: 'wait', duration: '5m' },
      { type: 'sendEmail', templateId: 'tpl_1' },
    ];
    expect(dated(steps, leaves).at(-1)).toBe('1 end: the run stops: the contact has unsubscribed');
    expect(dated(steps, leaves, { exitOn: ['bounced'] }).slice(1)).toEqual([
      '5 email: would be held back: the contact has unsubscribed',
      '5 end: the run ends: no step is left',
    ]);
    expect(dated([hook], { webhookFailures: 3, contactUnsubscribesAfterMs: 60_000 }).at(-1)).toMatch(
      /^1 end: the run st/,
    );
  });

  test('whoever had left before the start is let in, and leaving again changes nothing', () => {
    const gone = { ...contact, status: 'unsubscribed' as const };
    const steps: Step[] = [{ type: 'wait', duration: '5m' }];
    expect(dated(steps, { webhookFailures: 0, contactUnsubscribesAfterMs: 60_000 }, {}, gone).at(-1)).toMatch(/^5 end/);
  });

  test('an open comes when it comes, and a click counts as one', () => {
    const steps: Step[] = [
      { type: 'sendEmail', templateId: 'tpl_1' },
      { type: 'waitForEmail', event: 'opened', limit: '10m', then: [], else: [] },
    ];
    const decided = (assumptions: Partial<Assumptions>) => dated(steps, { webhookFailures: 0, ...assumptions })[2];
    expect(decided({ emailOpenedAfterMs: 240_000 })).toBe('4 branch: then: the email was opened');
    expect(decided({ emailOpenedAfterMs: 240_000, emailClickedAfterMs: 60_000 })).toMatch(/^1 branch: then/);
    expect(decided({ emailOpenedAfterMs: 660_000 })).toBe('10 branch: else: the time is up');
    expect(decided({})).toBe('10 branch: else: the time is up');
  });
});

const { steps: anySteps } = fc.letrec<{ steps: Step[]; step: Step }>((tie) => ({
  steps: fc.array(tie('step'), { maxLength: 4, depthIdentifier: 'branch' }),
  step: fc.oneof(
    { depthSize: 'small', maxDepth: 4, depthIdentifier: 'branch' },
    fc.record({ type: fc.constant('wait' as const), duration: fc.constantFrom('1s', '2h') }),
    fc.record({
      type: fc.constant('updateContact' as const),
      traits: fc.dictionary(fc.constantFrom('plan', 'firstName'), fc.constantFrom('a', 'b', null)),
    }),
    fc.record({
      type: fc.constantFrom('addToList' as const, 'removeFromList' as const),
      listId: fc.constantFrom('lst_1', 'lst_2'),
    }),
    fc.record({
      type: fc.constant('condition' as const),
      if: fc.constantFrom(
        { field: 'contact.metadata.plan', op: 'equals' as const, value: 'a' },
        { field: 'contact.firstName', op: 'exists' as const },
        { field: 'contact.listIds', op: 'contains' as const, value: 'lst_1' },
      ),
      then: tie('steps'),
      else: tie('steps'),
    }),
    fc.record({ type: fc.constant('sendEmail' as const), templateId: fc.constantFrom('tpl_1', 'tpl_gone') }),
    fc.record({
      type: fc.constant('waitForEmail' as const),
      event: fc.constantFrom('opened' as const, 'clicked' as const),
      limit: fc.constant('2d'),
      then: tie('steps'),
      else: tie('steps'),
    }),
    fc.constant({ type: 'end' as const }),
  ),
}));

test('takes the same way through the steps as a real run', async () => {
  let walked = 0;
  await fc.assert(
    fc.asyncProperty(anySteps, async (steps) => {
      fc.pre(stepsSchema.safeParse(steps).success);
      const positions = await realRun(steps);
      walked += positions.length;
      expect(run(steps).steps.map(({ position }) => position.join('.'))).toEqual(positions);
    }),
    { numRuns: 300 },
  );
  expect(walked).toBeGreaterThan(300);
});

/** Positions in the order in which the activity of real runs takes them, over a contact in memory who clicks on everything. */
async function realRun(steps: Step[]): Promise<string[]> {
  let current = contact;
  const log: { position: StepPosition; emailId?: string }[] = [];
  const activity = createRunStep({
    now: () => nowMs,
    abortSignal: () => undefined,
    caller: { call: () => Promise.reject(new Error('no step calls')) },
    starter: { startEmailSend: () => Promise.resolve() },
    runs: {
      load: () =>
        Promise.resolve({
          workspaceId: 'ws_1',
          automationId: 'aut_1',
          automationName: '',
          steps,
          contact: current,
          startedAtMs: nowMs,
          log,
          event,
        }),
      queueEmail: (_key, { templateId }, { position }) => {
        log.push({ position, emailId: templateId });
        return Promise.resolve(templateId);
      },
      email: (templateId) => {
        const ref = { workspaceId: 'ws_1', kind: 'automation' as const, campaignId: 'aut_1', to: contact.email };
        const counts = { createdAtMs: nowMs, opens: 1, clicks: 1 };
        return Promise.resolve(
          templateId === 'tpl_gone'
            ? { id: 'eml_1', ...ref, ...counts, status: 'failed' as const, reason: 'its template was deleted' }
            : { id: 'eml_2', ...ref, ...counts, status: 'delivered' as const, clickedAtMs: nowMs },
        );
      },
      logStep: () => Promise.resolve(),
      standAt: () => Promise.resolve(),
      updateContact: (_key, _id, patch) => {
        current = applyPatch(current, patch, nowMs, nowMs).contact;
        return Promise.resolve([]);
      },
      setList: ({ listId, isMember }) => {
        if (!known.listIds.has(listId)) return Promise.resolve(false);
        const others = current.listIds.filter((id) => id !== listId);
        current = { ...current, listIds: isMember ? [...others, listId] : others };
        return Promise.resolve(true);
      },
      end: () => Promise.resolve(),
    },
  });
  const positions: string[] = [];
  for (let position: (number | 'then' | 'else')[] | undefined = steps.length > 0 ? [0] : undefined; position;) {
    positions.push(position.join('.'));
    const result = await activity.runStep({ runKey: 'run', position });
    position = result.kind === 'next' || result.kind === 'wait' ? result.next : undefined;
  }
  return positions;
}
