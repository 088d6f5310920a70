import fc from 'fast-check';
import { stepAt, stepsSchema, type Exit, type Step } from '../../domain/automation';
import { standardRetryDelaysMs } from '../../domain/retry-timeline';
import { simulate } from '../../domain/simulate';
import type { Assumptions } from '../../domain/simulated-timeline';
import { positionText } from '../../domain/step-place';
import { addTemplate } from './support/emails';
import { liveThrough, type Lived } from './support/live-through';
import type { Scene } from './support/scene';
import { addList, prepareRun } from './support/seed';
import { setStage } from './support/stage';

const stage = setStage();
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** How far a slow machine may fall behind over a whole run; every wait and retry is longer. */
const toleranceMs = 25_000;

/** `list` and `template` stand for those that exist; the ids are put in once they are known. */
const { steps: anySteps } = fc.letrec<{ steps: Step[]; step: Step }>((tie) => ({
  steps: fc.array(tie('step'), { minLength: 1, maxLength: 4, depthIdentifier: 'branch' }),
  step: fc.oneof(
    { depthSize: 'small', maxDepth: 2, depthIdentifier: 'branch' },
    fc.record({ type: fc.constant('wait' as const), duration: fc.constantFrom('7m', '3h', '1d') }),
    fc.constant({ type: 'webhook' as const, url: 'https://hooks.example.com/step' }),
    fc.record({
      type: fc.constant('sendEmail' as const),
      templateId: fc.oneof({ arbitrary: fc.constant('template'), weight: 4 }, fc.constant('tpl_gone')),
    }),
    fc.record({
      type: fc.constant('updateContact' as const),
      traits: fc.dictionary(fc.constantFrom('plan', 'firstName'), fc.constantFrom('a', 'b', null), { minKeys: 1 }),
    }),
    fc.record({
      type: fc.constantFrom('addToList' as const, 'removeFromList' as const),
      listId: fc.constantFrom('list', 'lst_gone'),
    }),
    fc.record({
      type: fc.constant('condition' as const),
      if: fc.constantFrom(
        { field: 'contact.metadata.plan', op: 'equals' as const, value: 'a' },
        { field: 'contact.listIds', op: 'contains' as const, value: 'list' },
        { field: 'contact.status', op: 'equals' as const, value: 'unsubscribed' },
        { field: 'properties.amount', op: 'gt' as const, value: 10 },
      ),
      then: tie('steps'),
      else: tie('steps'),
    }),
    fc.record({
      type: fc.constant('waitForEmail' as const),
      event: fc.constantFrom('opened' as const, 'clicked' as const),
      limit: fc.constantFrom('5h', '2d'),
      then: tie('steps'),
      else: tie('steps'),
    }),
    fc.constant({ type: 'end' as const }),
  ),
}));
const anyWorld: fc.Arbitrary<Assumptions> = fc.record(
  {
    webhookFailures: fc.constantFrom(0, 1, 3, 6),
    emailOpenedAfterMs: fc.constantFrom(41 * minuteMs, 13 * hourMs),
    emailClickedAfterMs: fc.constantFrom(71 * minuteMs, 29 * hourMs),
    contactUnsubscribesAfterMs: fc.constantFrom(1_100_000, 11.2 * hourMs, 37 * hourMs),
  },
  { requiredKeys: ['webhookFailures'] },
);
const anyCase = fc.record({
  steps: anySteps.filter((steps) => stepsSchema.safeParse(steps).success),
  world: anyWorld,
  exitOn: fc.constantFrom<Exit[]>(['unsubscribed', 'bounced'], []),
  amount: fc.constantFrom(5, 50),
});
type Case = typeof anyCase extends fc.Arbitrary<infer Value> ? Value : never;

let cases = 0;

/** What really comes of a case, and what its simulation says: the same things at the same times. */
async function both(
  scene: Scene,
  { steps: named, world, exitOn, amount }: Case,
): Promise<{ real: Lived[]; said: Lived[] }> {
  const [listId, templateId] = [await addList(scene), await addTemplate(scene)];
  const text = JSON.stringify(named).replaceAll('"template"', `"${templateId}"`).replaceAll('"list"', `"${listId}"`);
  const steps = stepsSchema.parse(JSON.parse(text));
  const failures = new Map<string, number>();
  scene.sender.follow(({ webhookId }) => {
    const before = failures.get(webhookId) ?? 0;
    failures.set(webhookId, before + 1);
    return before < world.webhookFailures ? 500 : 200;
  });
  const properties = { amount };
  // No automation of another case may hear of it.
  const eventName = `Case ${++cases}`;
  const prepared = await prepareRun(scene, steps, { exitOn, properties, eventName });
  await scene.starter.startAutomationRun(prepared);
  const { lived, run, startMs } = await liveThrough(scene, prepared, world);

  const { timeline } = simulate(prepared.automation, { name: eventName, properties }, prepared.contact, {
    ...{ listIds: new Set([listId]), templateIds: new Set([templateId]), startMs },
    ...{ retryDelaysMs: standardRetryDelaysMs, assumptions: world },
  });
  const { isStopped = false, text: end = '' } = timeline.at(-1) ?? {};
  expect(
    isStopped ? { status: 'stopped', reason: end.replace('the run stops: ', '') } : { status: 'completed' },
  ).toEqual(run.status === 'stopped' ? { status: run.status, reason: run.reason } : { status: run.status });
  // That a run begins to wait for an email is in no log; when it has decided is.
  const isSeen = ({ kind, position = [] }: (typeof timeline)[number]): boolean =>
    kind !== 'wait' || stepAt(steps, position)?.type === 'wait';
  const said = timeline.filter(isSeen).map(({ atMs, kind, position = [] }): Lived => {
    return { atMs: atMs - startMs, kind, position: kind === 'end' ? '' : positionText(position) };
  });
  return { real: lived.map((each) => ({ ...each, atMs: each.atMs - startMs })), said };
}

test('a simulation says what a real run does, and when', async () => {
  const scene = await stage.open();
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(anyCase, async (drawn) => {
      const { real, said } = await both(scene, drawn);
      const placesOf = (items: Lived[]): string[] => items.map(({ kind, position }) => `${kind} ${position}`);
      expect(placesOf(said)).toEqual(placesOf(real));
      const late = real.map(({ atMs }, index) => Math.abs(atMs - (said[index]?.atMs ?? Infinity)));
      expect(Math.max(...late)).toBeLessThan(toleranceMs);
      for (const { kind } of real) seen.set(kind, (seen.get(kind) ?? 0) + 1);
    }),
    // A run lives for days in some seconds, so a counter-example is shown as it was drawn.
    { numRuns: 20, endOnFailure: true },
  );
  expect(seen.get('end')).toBe(20);
}, 240_000);

/** What chance may pass over, and each mistake that was made once. */
const known: [string, Case][] = [
  [
    'an email that is held back ends the wait for it at once',
    {
      ...{ world: { webhookFailures: 0 }, exitOn: [], amount: 5 },
      steps: [
        { type: 'sendEmail', templateId: 'tpl_gone' },
        { type: 'waitForEmail', event: 'opened', limit: '2d', then: [], else: [{ type: 'wait', duration: '7m' }] },
      ],
    },
  ],
  [
    'whoever leaves while a receiver fails is told to nobody any more',
    {
      ...{ world: { webhookFailures: 6, contactUnsubscribesAfterMs: 1_100_000 }, amount: 5 },
      exitOn: ['unsubscribed'],
      steps: [{ type: 'webhook', url: 'https://hooks.example.com/step' }, { type: 'end' }],
    },
  ],
  [
    'a click ends the wait for an open',
    {
      ...{ world: { webhookFailures: 3, emailClickedAfterMs: 71 * minuteMs }, exitOn: [], amount: 5 },
      steps: [
        { type: 'sendEmail', templateId: 'template' },
        { type: 'wait', duration: '7m' },
        {
          ...{ type: 'waitForEmail', event: 'opened', limit: '5h', else: [] },
          then: [{ type: 'webhook', url: 'https://hooks.example.com/step' }],
        },
      ],
    },
  ],
];

test.each(known)('%s', async (_what, drawn) => {
  const { real, said } = await both(await stage.open(), drawn);
  expect(said.map(({ kind, position }) => [kind, position])).toEqual(
    real.map(({ kind, position }) => [kind, position]),
  );
  for (const [index, { atMs }] of real.entries()) {
    expect(Math.abs(atMs - (said[index]?.atMs ?? Infinity))).toBeLessThan(toleranceMs);
  }
});
