import fc from 'fast-check';
import { conditionSchema, evaluate, type Condition, type Facts } from '../../domain/condition';

const facts: Facts = {
  contact: {
    email: 'morgan@acme.com',
    firstName: 'Morgan',
    lastName: null,
    status: 'active',
    metadata: {
      plan: 'pro',
      seats: 5,
      tags: ['vip', 'beta'],
      address: { city: 'Ulm' },
      gone: null,
      zero: 0,
      no: false,
    },
    listIds: ['lst_1'],
  },
  properties: { amount: 99.5, currency: 'USD', items: ['Pro Plan'], isGift: true },
};
function holds(condition: Condition, on = facts): boolean {
  return evaluate(condition, on).holds;
}

describe('a comparison', () => {
  test.each<[Condition, boolean]>([
    [{ field: 'contact.metadata.plan', op: 'equals', value: 'pro' }, true],
    [{ field: 'contact.metadata.plan', op: 'equals', value: 'Pro' }, false],
    [{ field: 'contact.metadata.seats', op: 'equals', value: '5' }, false],
    [{ field: 'contact.metadata.zero', op: 'equals', value: 0 }, true],
    [{ field: 'contact.metadata.zero', op: 'equals', value: false }, false],
    [{ field: 'contact.metadata.gone', op: 'equals', value: null }, true],
    [{ field: 'contact.metadata.missing', op: 'equals', value: null }, false],
    [{ field: 'contact.lastName', op: 'equals', value: null }, true],
    [{ field: 'contact.metadata.plan', op: 'notEquals', value: 'free' }, true],
    [{ field: 'contact.metadata.plan', op: 'notEquals', value: 'pro' }, false],
    [{ field: 'contact.metadata.missing', op: 'notEquals', value: 'x' }, true],
    [{ field: 'contact.metadata.tags', op: 'contains', value: 'vip' }, true],
    [{ field: 'contact.metadata.tags', op: 'contains', value: 'vi' }, false],
    [{ field: 'contact.email', op: 'contains', value: '@acme' }, true],
    [{ field: 'contact.metadata.seats', op: 'contains', value: '5' }, false],
    [{ field: 'contact.metadata.missing', op: 'contains', value: '' }, false],
    [{ field: 'contact.listIds', op: 'contains', value: 'lst_1' }, true],
    [{ field: 'contact.email', op: 'startsWith', value: 'morgan' }, true],
    [{ field: 'contact.email', op: 'startsWith', value: 'acme' }, false],
    [{ field: 'contact.email', op: 'endsWith', value: 'acme.com' }, true],
    [{ field: 'contact.metadata.tags', op: 'endsWith', value: 'beta' }, false],
    [{ field: 'properties.amount', op: 'gt', value: 99.5 }, false],
    [{ field: 'properties.amount', op: 'gte', value: 99.5 }, true],
    [{ field: 'properties.amount', op: 'lt', value: 100 }, true],
    [{ field: 'properties.amount', op: 'lte', value: 99 }, false],
    [{ field: 'properties.currency', op: 'gt', value: 0 }, false],
    [{ field: 'properties.missing', op: 'lt', value: 1 }, false],
    [{ field: 'properties.currency', op: 'in', value: ['EUR', 'USD'] }, true],
    [{ field: 'properties.currency', op: 'in', value: ['EUR', null] }, false],
    [{ field: 'properties.missing', op: 'in', value: [null] }, false],
    [{ field: 'contact.metadata.address.city', op: 'exists' }, true],
    [{ field: 'contact.metadata.address.street', op: 'exists' }, false],
    [{ field: 'contact.metadata.gone', op: 'exists' }, false],
    [{ field: 'contact.metadata.no', op: 'exists' }, true],
    [{ field: 'contact.metadata.gone', op: 'notExists' }, true],
    [{ field: 'contact.metadata.plan', op: 'notExists' }, false],
    [{ field: 'properties.items.0', op: 'equals', value: 'Pro Plan' }, true],
    [{ field: 'contact.metadata.constructor', op: 'exists' }, false],
    [{ field: 'properties.__proto__', op: 'exists' }, false],
    [{ field: 'contact.metadata.__proto__.toString', op: 'exists' }, false],
  ])('%j: %p', (condition, expected) => {
    expect(holds(condition)).toBe(expected);
  });
});

const yes: Condition = { field: 'contact.email', op: 'exists' };
const no: Condition = { field: 'contact.email', op: 'notExists' };

describe('conditions together', () => {
  test.each<[Condition, boolean]>([
    [{ all: [yes, yes] }, true],
    [{ all: [yes, no] }, false],
    [{ any: [no, yes] }, true],
    [{ any: [no, no] }, false],
    [{ not: no }, true],
    [{ not: yes }, false],
    [{ all: [{ any: [no, { not: no }] }, { not: { all: [yes, no] } }] }, true],
  ])('%j: %p', (condition, expected) => {
    expect(holds(condition)).toBe(expected);
  });

  it('tell in words what decided it', () => {
    const cheap: Condition = { field: 'properties.amount', op: 'lt', value: 10 };
    const free: Condition = { field: 'contact.metadata.plan', op: 'equals', value: 'free' };
    expect(evaluate({ all: [yes, cheap, free] }, facts)).toEqual({
      holds: false,
      failed: 'properties.amount lt 10 is not true',
    });
    expect(evaluate({ any: [cheap, free] }, facts)).toEqual({
      holds: false,
      failed: 'properties.amount lt 10 is not true and contact.metadata.plan equals "free" is not true',
    });
    expect(evaluate({ not: yes }, facts)).toMatchObject({ holds: false, failed: expect.stringContaining('not') });
  });

  const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(yes, no),
      fc.array(tie('condition'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
      fc.array(tie('condition'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
      tie('condition').map((not) => ({ not })),
    ),
  }));

  it('follow De Morgan', () => {
    fc.assert(
      fc.property(fc.array(condition, { minLength: 1, maxLength: 4 }), (parts) => {
        expect(holds({ not: { all: parts } })).toBe(holds({ any: parts.map((part) => ({ not: part })) }));
      }),
    );
  });

  it('are all taken by the schema', () => {
    fc.assert(fc.property(condition, (each) => conditionSchema.safeParse(each).success));
  });
});

describe('the schema', () => {
  test.each([
    [{ field: 'email', op: 'exists' }],
    [{ field: 'contact.', op: 'exists' }],
    [{ field: 'contact..email', op: 'exists' }],
    [{ field: 'message.x', op: 'exists' }],
    [{ field: 'properties.a', op: 'matches', value: 'x' }],
    [{ field: 'properties.a', op: 'gt', value: '5' }],
    [{ field: 'properties.a', op: 'in', value: [] }],
    [{ field: 'properties.a', op: 'equals' }],
    [{ field: 'properties.a', op: 'equals', value: { b: 1 } }],
    [{ field: 'properties.a', op: 'exists', value: 1 }],
    [{ all: [] }],
    [{ any: [] }],
    [{ not: [] }],
    [{ all: [yes], any: [yes] }],
    [{}],
    [null],
    ['contact.email exists'],
  ])('refuses %j', (condition) => {
    expect(conditionSchema.safeParse(condition).success).toBe(false);
  });

  it('refuses a field that takes long to look at, at once', () => {
    const startedMs = performance.now();
    expect(conditionSchema.safeParse({ field: `properties.${'a.'.repeat(100_000)}`, op: 'exists' }).success).toBe(
      false,
    );
    expect(performance.now() - startedMs).toBeLessThan(500);
  });
});
