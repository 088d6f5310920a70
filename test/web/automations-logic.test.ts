import {
  conditionOf,
  groupOf,
  scalarOf,
  textOfScalar,
  withOperator,
} from '../../web/src/pages/automations/condition-tree';
import {
  bodyOf,
  draftOf,
  insertNode,
  moveNode,
  newNode,
  nodesOf,
  removeNode,
  replaceStep,
  stepAt,
  stepsOf,
  stepTypes,
  withPlaces,
} from '../../web/src/pages/automations/draft';
import { faultAt, faultsByPlace, faultsElsewhere } from '../../web/src/pages/automations/problems';
import type { Condition, Step } from '../../web/src/pages/automations/queries';
import { firstForm, fixtureOf, readObject, requestOf, shownAt } from '../../web/src/pages/automations/simulation';
import { olderVersions, standingOf } from '../../web/src/pages/automations/standing';
import { describe as describeStep, numberOf } from '../../web/src/pages/automations/words';

const steps: Step[] = [
  { type: 'wait', duration: '1d' },
  {
    ...{ type: 'condition', if: { field: 'properties.amount', op: 'gt', value: 10 } },
    then: [{ type: 'addToList', listId: 'lst_1' }, { type: 'end' }],
    else: [{ type: 'waitForEmail', event: 'opened', limit: '2d', then: [{ type: 'end' }] }],
  },
];
const known = { listId: 'lst_1', templateId: 'tpl_1' };

test('steps become nodes and steps again', () => {
  expect(stepsOf(nodesOf(steps))).toEqual(steps);
  const trigger = { type: 'CUSTOM_EVENT' as const, eventName: 'Signed Up' };
  const automation = { name: 'Welcome', trigger, steps, exitOn: ['bounced' as const] };
  expect(bodyOf(draftOf(automation))).toEqual(automation);
});

test('steps are inserted, moved, changed and removed in any branch, and nothing else changes', () => {
  const nodes = nodesOf(steps);
  const parent = { key: nodes[1]?.key ?? '', branch: 'then' as const };
  const added = newNode('sendEmail', known);
  const inserted = insertNode(nodes, { parent, index: 1 }, added);
  const inThen = (list: typeof nodes): string[] => list[1]?.branches?.then.map(({ step }) => step.type) ?? [];
  expect(inThen(inserted)).toEqual(['addToList', 'sendEmail', 'end']);
  expect(inThen(moveNode(inserted, { parent, index: 1 }, -1))).toEqual(['sendEmail', 'addToList', 'end']);
  expect(inThen(moveNode(inserted, { parent, index: 0 }, -1))).toEqual(['addToList', 'sendEmail', 'end']);
  expect(inThen(removeNode(inserted, { parent, index: 0 }))).toEqual(['sendEmail', 'end']);
  const changed = replaceStep(inserted, added.key, { type: 'sendEmail', templateId: 'tpl_2' });
  expect(changed[1]?.branches?.then[1]).toEqual({ ...added, step: { type: 'sendEmail', templateId: 'tpl_2' } });
  expect(stepsOf(nodes)).toEqual(steps);
  expect(removeNode(nodes, { index: 0 })).toHaveLength(1);
});

test('a step keeps the place that it has in the saved version until it is saved again', () => {
  const moved = moveNode(nodesOf(steps), { index: 0 }, 1);
  expect(moved.map(({ place }) => place)).toEqual(['1', '0']);
  expect(moved[0]?.branches?.else[0]?.branches?.then[0]?.place).toBe('1.else.0.then.0');
  expect(withPlaces(moved).map(({ place }) => place)).toEqual(['0', '1']);
  expect(withPlaces(moved)[0]?.branches?.else[0]?.branches?.then[0]?.place).toBe('0.else.0.then.0');
});

test('a step is found at its position', () => {
  expect(stepAt(steps, [1, 'else', 0, 'then', 0])).toEqual({ type: 'end' });
  expect(stepAt(steps, [0, 'then', 0])).toBeUndefined();
  expect(stepAt(steps, [7])).toBeUndefined();
});

test('a new step of each type has words', () => {
  for (const type of stepTypes) {
    const { step } = newNode(type, { listId: '', templateId: '' });
    expect(describeStep(step, { lists: [], templates: [] })).not.toBe('');
  }
  expect(numberOf('1.then.0')).toBe('2 then 1');
});

test('problems are told by the step and field that they are at', () => {
  const faults = faultsByPlace([
    { pointer: '/name', detail: 'must not be empty' },
    { pointer: '/trigger/filter/all/0/value', detail: 'must be a number' },
    { pointer: '/steps/2/else/1/then/0/templateId', detail: 'is gone' },
    { pointer: '/steps/2/if/field', detail: 'must name a field' },
    { pointer: '/steps', detail: 'has more than 100 steps' },
    { pointer: '', detail: 'nests deeper' },
  ]);
  expect([...faults.keys()]).toEqual(['name', 'trigger', '2.else.1.then.0', '2', 'all']);
  expect(faultAt(faults.get('2.else.1.then.0'), '/templateId')).toBe('is gone');
  expect(faultAt(faults.get('2'), '/if')).toBe('must name a field');
  expect(faultAt(faults.get('trigger'), '/eventName')).toBeUndefined();
  expect(faultsElsewhere(faults.get('2'), ['/if'])).toEqual([]);
  expect(faultsElsewhere(faults.get('2'), [])).toEqual(['if.field must name a field']);
});

const conditions: Condition[] = [
  { field: 'properties.amount', op: 'gt', value: 1 },
  { all: [{ field: 'contact.email', op: 'exists' }, { not: { field: 'contact.email', op: 'endsWith', value: 'x' } }] },
  {
    any: [
      { field: 'properties.plan', op: 'in', value: ['a', 1, null] },
      {
        all: [
          { field: 'contact.firstName', op: 'exists' },
          { field: 'contact.lastName', op: 'exists' },
        ],
      },
    ],
  },
  {
    not: {
      any: [
        { field: 'a.b', op: 'exists' },
        { field: 'a.c', op: 'exists' },
      ],
    },
  },
];
test.each(conditions)('the condition %j is edited as groups and stays what it is', (condition) => {
  expect(conditionOf(groupOf(condition))).toEqual(condition);
});

test('an operator keeps the value as far as it fits', () => {
  const row = { field: 'properties.plan', op: 'equals', value: '12' } as const;
  expect(withOperator(row, 'gt')).toEqual({ field: row.field, op: 'gt', value: 12 });
  expect(withOperator(row, 'in')).toEqual({ field: row.field, op: 'in', value: ['12'] });
  expect(withOperator(withOperator(row, 'in'), 'contains')).toEqual({ field: row.field, op: 'contains', value: '12' });
  expect(withOperator(row, 'exists')).toEqual({ field: row.field, op: 'exists' });
  expect(withOperator({ field: 'a.b', op: 'exists' }, 'lt')).toEqual({ field: 'a.b', op: 'lt', value: 0 });
});

test.each([
  ['pro', 'pro'],
  ['12', 12],
  ['-1.5', -1.5],
  ['true', true],
  ['null', null],
  ['"12"', '12'],
  ['1.', '1.'],
  ['"a', '"a'],
  ['', ''],
])('the text %j is the value %j', (typed, value) => {
  expect(scalarOf(typed)).toBe(value);
  expect(scalarOf(textOfScalar(value))).toBe(value);
});

test('runs are counted by the steps of the version that is shown, and by older versions', () => {
  const standing = [
    { version: 3, position: [0], runs: 2 },
    { version: 3, position: [1, 'then' as const, 0], runs: 10 },
    { version: 5, position: [0], runs: 1 },
    { version: 1, position: [4], runs: 7 },
  ];
  expect([...standingOf(standing, 3)]).toEqual([
    ['0', 2],
    ['1.then.0', 10],
  ]);
  expect(olderVersions({ standing, version: 5 })).toEqual([
    { version: 3, runs: 12 },
    { version: 1, runs: 7 },
  ]);
});

test('a simulation is asked for as the form says; what is empty never happens', () => {
  const body = bodyOf(
    draftOf({ name: '', trigger: { type: 'CUSTOM_EVENT', eventName: 'Signed Up' }, steps, exitOn: [] }),
  );
  const request = requestOf({ ...firstForm, properties: '{"amount": 5}' }, body, 0);
  expect(request).toMatchObject({
    ...{ eventName: 'Signed Up', properties: { amount: 5 }, startAt: '1970-01-01T00:00:00.000Z' },
    assume: { webhookFailures: 0, emailOpenedAfter: '2h', emailClickedAfter: null },
  });
  expect(request).not.toHaveProperty('contactId');
  expect(requestOf({ ...firstForm, contactId: 'con_1' }, body, 0)).not.toHaveProperty('contact');
  expect(readObject('[1]')).toEqual({ problem: expect.stringContaining('object') });
  expect(readObject('{')).toEqual({ problem: expect.stringContaining('not JSON') });
  const fixture: unknown = JSON.parse(fixtureOf(request, { matches: true, timeline: [] }));
  expect(fixture).toEqual({
    ...{ call: 'POST /api/v1/automations/simulate', request, expected: { matches: true, timeline: [] } },
  });
});

test('a play shows its first item at once and its last at the end', () => {
  expect([0, 0.5, 1].map((share) => shownAt(share, 4))).toEqual([1, 3, 4]);
  expect(shownAt(1, 0)).toBe(0);
});
