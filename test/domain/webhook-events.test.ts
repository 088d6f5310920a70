import { newContact } from '../../domain/contact';
import { campaignSent } from '../../domain/campaign';
import {
  contactCreated,
  contactUpdated,
  webhookEnvelope,
  webhookEventData,
  webhookEventTypes,
  type WebhookEventType,
} from '../../domain/webhook-events';
import { referenceExamples } from './reference-examples';

const examples = webhookEventTypes.map((type) => {
  const example = referenceExamples.find(({ event }) => event === type);
  if (!example) throw new Error(`the reference has no example of ${type}`);
  return [type, example] as const;
});
const accepts = (type: WebhookEventType, body: unknown): boolean => webhookEnvelope(type).safeParse(body).success;
/** The fields that the reference gives as "if provided". */
const optional: Partial<Record<WebhookEventType, string[]>> = { 'contact.created': ['firstName', 'lastName'] };

test('there are nine', () => {
  expect(referenceExamples.map(({ event }) => event).sort()).toEqual([...webhookEventTypes].sort());
  expect(webhookEventTypes).toHaveLength(9);
});

describe.each(examples)('the reference’s example of %s', (type, example) => {
  test('is taken, and has exactly the schema’s fields', () => {
    expect(webhookEnvelope(type).parse(example)).toEqual(example);
    expect(Object.keys(webhookEventData[type].shape).sort()).toEqual(Object.keys(example.data).sort());
  });

  test.each(Object.keys(example.data))('is refused without its %s, unless that is only given if provided', (field) => {
    const data = Object.fromEntries(Object.entries(example.data).filter(([name]) => name !== field));
    expect(accepts(type, { ...example, data })).toBe(optional[type]?.includes(field) ?? false);
  });

  test.each(Object.keys(example.data))('is refused with null as its %s', (field) => {
    expect(accepts(type, { ...example, data: { ...example.data, [field]: null } })).toBe(false);
  });

  test.each(Object.keys(example))('is refused without its %s', (field) => {
    expect(accepts(type, Object.fromEntries(Object.entries(example).filter(([name]) => name !== field)))).toBe(false);
  });

  test('is refused with a field more', () => {
    expect(accepts(type, { ...example, id: 'evt_1' })).toBe(false);
    expect(accepts(type, { ...example, data: { ...example.data, flags: [] } })).toBe(false);
  });

  test('is no other event', () => {
    const others = webhookEventTypes.filter((other) => other !== type);
    expect(others.filter((other) => accepts(other, example))).toEqual([]);
    expect(others.filter((other) => accepts(other, { ...example, event: other }))).toEqual([]);
  });
});

describe('what is made', () => {
  const contact = newContact({ id: 'con_1', workspaceId: 'ws_1', email: 'ann@example.com', source: 'form' }, 1_000);
  const campaign = { id: 'cmp_1', workspaceId: 'ws_1', name: 'April', subject: 'Hello {{ contact.firstName }}' };
  const result = { totalRecipients: 0, sentAtMs: 2_000, estimatedDeliveryRate: 99.4 };
  test.each([
    contactCreated('evt_1', contact),
    contactCreated('evt_1', { ...contact, firstName: 'Ann', lastName: 'Lee' }),
    contactUpdated('evt_1', contact, [
      { field: 'status', oldValue: 'active', newValue: 'unsubscribed' },
      { field: 'metadata.plan', oldValue: null, newValue: { nested: [1, 'two', true] } },
    ]),
    campaignSent('evt_1', campaign, result),
  ])('$type is what the schema takes', ({ type, body }) => {
    expect(webhookEnvelope(type).safeParse(JSON.parse(body)).error).toBeUndefined();
  });
});
