import fc from 'fast-check';
import type { Automation } from '../../domain/automation';
import type { Contact } from '../../domain/contact';
import { eventKey } from '../../domain/event-name';
import {
  foldMessages,
  matchAutomations,
  type Fold,
  type InboxMessage,
  type Known,
  type Outcome,
} from '../../domain/ingest';
import { makeId } from '../../domain/ids';
import type { JsonObject } from '../../domain/json';
import type { Message } from '../../domain/message';
import { newContact } from '../../domain/contact';

const nowMs = 1_000_000;
let messageCount = 0;
let idCount = 0;

beforeEach(() => {
  messageCount = 0;
  idCount = 0;
});

function inbox(message: Message, occurredAtMs = 100, listId?: string): InboxMessage {
  return {
    key: `ws_1/m${messageCount++}`,
    workspaceId: 'ws_1',
    message,
    occurredAtMs,
    ...(listId === undefined ? {} : { listId }),
  };
}
function identify(
  who: { email?: string; userId?: string },
  traits: JsonObject = {},
  occurredAtMs?: number,
  listId?: string,
): InboxMessage {
  return inbox({ type: 'identify', ...who, traits }, occurredAtMs, listId);
}
function track(
  who: { email?: string; userId?: string; anonymousId?: string },
  event = 'Purchase Completed',
  properties: JsonObject = {},
): InboxMessage {
  return inbox({ type: 'track', ...who, event, properties });
}
function contact(id: string, more: Partial<Contact> = {}): Contact {
  return {
    ...newContact({ id: `con_${id}`, workspaceId: 'ws_1', email: `${id}@acme.com`, source: 'api' }, 1),
    ...more,
  };
}
function automation(id: string, more: Partial<Automation> = {}): Automation {
  const eventName = 'purchase_completed';
  return {
    id: `aut_${id}`,
    workspaceId: 'ws_1',
    name: `Automation ${id}`,
    status: 'active',
    trigger: { type: 'CUSTOM_EVENT', eventName },
    eventKey: eventKey(eventName),
    steps: [],
    version: 3,
    createdAtMs: 1,
    updatedAtMs: 1,
    ...more,
  };
}
function fold(messages: InboxMessage[], known: Partial<Known> = {}, mayWait = true): Fold {
  return foldMessages(
    messages,
    { contacts: [], automations: [], listIds: new Set(), ...known },
    { nowMs, newId: (kind) => makeId(kind, String(++idCount).padStart(24, '0')), mayWait },
  );
}
function outcomesOf({ outcomes }: Fold): Outcome[] {
  return [...outcomes.values()];
}
function statusesOf(result: Fold): string[] {
  return outcomesOf(result).map(({ status }) => status);
}
function userIdsOf(result: Fold, email: string): string[] | undefined {
  return [...result.created, ...result.changed].find((each) => each.email === email)?.externalIds.map(({ id }) => id);
}
function dataOf(body: string): JsonObject {
  const envelope: { data: JsonObject } = JSON.parse(body);
  return envelope.data;
}

describe('an identify', () => {
  it('of somebody new makes a contact and one contact.created', () => {
    const result = fold([identify({ email: 'a@acme.com', userId: 'u1' }, { firstName: 'Morgan', plan: 'pro' }, 50)]);
    expect(result.created).toEqual([
      expect.objectContaining({
        email: 'a@acme.com',
        firstName: 'Morgan',
        lastName: null,
        source: 'api',
        metadata: { plan: 'pro' },
        externalIds: [{ id: 'u1', atMs: 50 }],
        createdAtMs: nowMs,
      }),
    ]);
    const [created] = result.created;
    expect(result.events.map(({ type }) => type)).toEqual(['contact.created']);
    expect(JSON.parse(result.events[0]?.body ?? '')).toEqual({
      event: 'contact.created',
      workspaceId: 'ws_1',
      timestamp: new Date(nowMs).toISOString(),
      data: {
        contactId: created?.id,
        contactEmail: 'a@acme.com',
        firstName: 'Morgan',
        source: 'api',
        createdAt: new Date(nowMs).toISOString(),
      },
    });
    expect(outcomesOf(result)).toEqual([
      {
        status: 'created',
        contactId: created?.id,
        changes: ['firstName', 'metadata.plan'],
        eventIds: [result.events[0]?.id],
        notes: [],
      },
    ]);
  });

  it('that changes something makes one contact.updated with the diff', () => {
    const result = fold([identify({ email: 'a@acme.com' }, { plan: 'pro', seats: 2 })], {
      contacts: [contact('a', { metadata: { plan: 'free', seats: 2 } })],
    });
    expect(result.created).toEqual([]);
    expect(result.changed.map(({ metadata }) => metadata)).toEqual([{ plan: 'pro', seats: 2 }]);
    expect(dataOf(result.events[0]?.body ?? '')).toMatchObject({
      changes: [{ field: 'metadata.plan', oldValue: 'free', newValue: 'pro' }],
    });
    expect(statusesOf(result)).toEqual(['updated']);
  });

  it('that changes nothing makes no event', () => {
    const result = fold([identify({ email: 'a@acme.com' }, { plan: 'pro' })], {
      contacts: [contact('a', { metadata: { plan: 'pro' } })],
    });
    expect(result.events).toEqual([]);
    expect(outcomesOf(result)).toEqual([
      { status: 'unchanged', contactId: 'con_a', changes: [], eventIds: [], notes: [] },
    ]);
  });

  it('without an email updates the contact that its userId is known for', () => {
    const result = fold([identify({ userId: 'u1' }, { plan: 'pro' })], {
      contacts: [contact('a', { externalIds: [{ id: 'u1', atMs: 1 }] })],
    });
    expect(outcomesOf(result)).toMatchObject([{ status: 'updated', contactId: 'con_a', changes: ['metadata.plan'] }]);
  });

  test.each([[{ userId: 'u1' }], [{}]])(
    'of %j without an email and without a contact is unresolved, with a reason, and never waits',
    (who) => {
      const result = fold([identify(who, { plan: 'pro' })]);
      expect(outcomesOf(result)).toEqual([{ status: 'unresolved', reason: expect.stringContaining('no email') }]);
      expect(result).toMatchObject({ created: [], changed: [], events: [], waiting: [] });
    },
  );

  it('is put on its list once, and a list that does not exist is noted', () => {
    const known = { listIds: new Set(['lst_1']), contacts: [contact('b', { listIds: ['lst_1'] })] };
    const result = fold(
      [
        identify({ email: 'a@acme.com' }, {}, 1, 'lst_1'),
        identify({ email: 'a@acme.com' }, {}, 2, 'lst_1'),
        identify({ email: 'b@acme.com' }, {}, 1, 'lst_1'),
        identify({ email: 'c@acme.com' }, {}, 1, 'lst_gone'),
      ],
      known,
    );
    expect([...result.created, ...result.changed].map(({ email, listIds }) => [email, listIds])).toEqual([
      ['a@acme.com', ['lst_1']],
      ['c@acme.com', []],
      ['b@acme.com', ['lst_1']],
    ]);
    expect(outcomesOf(result).map((outcome) => ('notes' in outcome ? outcome.notes.length : -1))).toEqual([0, 0, 0, 1]);
  });

  it('that would make the metadata too large fails with a reason and changes nothing, and its neighbours go on', () => {
    const big = { blob: 'x'.repeat(200 * 1024) };
    const result = fold(
      [
        identify({ email: 'a@acme.com' }, { more: 'y'.repeat(100 * 1024) }),
        identify({ email: 'new@acme.com' }, { ...big, more: 'y'.repeat(100 * 1024) }),
        identify({ email: 'a@acme.com' }, { blob: null }),
      ],
      { contacts: [contact('a', { metadata: big })] },
    );
    expect(statusesOf(result)).toEqual(['failed', 'failed', 'updated']);
    expect(outcomesOf(result)[0]).toMatchObject({ reason: expect.stringContaining('256 KB') });
    expect(result.created).toEqual([]);
    expect(result.changed.map(({ metadata }) => metadata)).toEqual([{}]);
    expect(result.events.length).toBe(1);
  });
});

describe('a group', () => {
  it('with the same new email twice makes one contact, one created and one updated', () => {
    const result = fold([
      identify({ email: 'a@acme.com' }, { plan: 'free' }, 1),
      identify({ email: 'a@acme.com' }, { plan: 'pro' }, 2),
      identify({ email: 'a@acme.com' }, { plan: 'pro' }, 3),
    ]);
    expect(statusesOf(result)).toEqual(['created', 'updated', 'unchanged']);
    expect(result.created.map(({ metadata }) => metadata)).toEqual([{ plan: 'pro' }]);
    expect(result.changed).toEqual([]);
    expect(result.events.map(({ type }) => type)).toEqual(['contact.created', 'contact.updated']);
    expect(new Set(result.events.map(({ contactId }) => contactId)).size).toBe(1);
  });

  it('counts by the time of the messages, not by their order', () => {
    const result = fold([
      identify({ email: 'a@acme.com' }, { plan: 'pro' }, 2),
      identify({ email: 'a@acme.com' }, { plan: 'free' }, 1),
    ]);
    expect(statusesOf(result)).toEqual(['created', 'unchanged']);
    expect(result.created[0]?.metadata).toEqual({ plan: 'pro' });
  });

  it('resolves a track that stands before its identify, and sees the contact as the group leaves it', () => {
    const listening = automation('1', {
      trigger: {
        type: 'CUSTOM_EVENT',
        eventName: 'x',
        filter: { field: 'contact.metadata.plan', op: 'equals', value: 'pro' },
      },
    });
    const result = fold([track({ userId: 'u1' }), identify({ email: 'a@acme.com', userId: 'u1' }, { plan: 'pro' })], {
      automations: [listening],
    });
    expect(result.waiting).toEqual([]);
    expect(result.outcomes.get('ws_1/m0')).toMatchObject({
      status: 'recorded',
      contactId: result.created[0]?.id,
      automations: [{ ran: true }],
    });
    expect(result.runs.map(({ messageKey }) => messageKey)).toEqual(['ws_1/m0']);
  });

  it('gives every message exactly one outcome or lets it wait', () => {
    const who = fc.record(
      {
        email: fc.constantFrom('a@acme.com', 'b@acme.com'),
        userId: fc.constantFrom('u1', 'u2'),
        anonymousId: fc.constant('x'),
      },
      { requiredKeys: [] },
    );
    const message = fc.tuple(fc.boolean(), who, fc.nat(5), fc.constantFrom('free', 'pro', null));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.boolean(), fc.boolean(), (raw, mayWait, isKnown) => {
        messageCount = 0;
        const messages = raw.map(([isIdentify, sender, atMs, plan]) =>
          isIdentify ? identify(sender, { plan }, atMs) : track(sender),
        );
        const contacts = isKnown ? [contact('a', { externalIds: [{ id: 'u1', atMs: 2 }] }), contact('b')] : [];
        const result = fold(messages, { contacts }, mayWait);
        for (const { key } of messages)
          expect(Number(result.outcomes.has(key)) + Number(result.waiting.includes(key))).toBe(1);
        if (!mayWait) expect(result.waiting).toEqual([]);

        const written = [...result.created, ...result.changed];
        const emails = written.map(({ email }) => email);
        expect(new Set(emails).size).toBe(emails.length);
        // The unique index on external ids takes what the fold leaves.
        const untouched = contacts.filter(({ id }) => !written.some((each) => each.id === id));
        const ties = [...written, ...untouched].flatMap(({ externalIds }) => externalIds.map(({ id }) => id));
        expect(new Set(ties).size).toBe(ties.length);
        const emitted = outcomesOf(result).flatMap((outcome) => ('eventIds' in outcome ? outcome.eventIds : []));
        expect(result.events.map(({ id }) => id).sort()).toEqual(emitted.sort());
        expect(result.events.filter(({ type }) => type === 'contact.created').length).toBe(result.created.length);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('an external id', () => {
  const tied = (atMs: number): Contact[] => [contact('a', { externalIds: [{ id: 'u1', atMs }] }), contact('b')];

  it('moves to another email by a newer message, and the former contact is cleared first', () => {
    const result = fold([identify({ email: 'b@acme.com', userId: 'u1' }, {}, 200)], { contacts: tied(100) });
    expect(userIdsOf(result, 'a@acme.com')).toEqual([]);
    expect(userIdsOf(result, 'b@acme.com')).toEqual(['u1']);
    expect(result.robbedIds).toEqual(['con_a']);
  });

  it('stays by an older message, whose traits still reach the contact of its email', () => {
    const result = fold([identify({ email: 'b@acme.com', userId: 'u1' }, { plan: 'pro' }, 99)], {
      contacts: tied(100),
    });
    expect(userIdsOf(result, 'b@acme.com')).toEqual([]);
    expect(userIdsOf(result, 'a@acme.com')).toBeUndefined();
    expect(result.robbedIds).toEqual([]);
    expect(outcomesOf(result)).toMatchObject([{ status: 'updated', contactId: 'con_b' }]);
  });

  it('moves on a tie in time, and to a contact that is new', () => {
    const result = fold([identify({ email: 'new@acme.com', userId: 'u1' }, {}, 100)], { contacts: tied(100) });
    expect(userIdsOf(result, 'new@acme.com')).toEqual(['u1']);
    expect(userIdsOf(result, 'a@acme.com')).toEqual([]);
  });

  it('swaps with another, both contacts cleared first', () => {
    const contacts = [
      contact('a', { externalIds: [{ id: 'u1', atMs: 1 }] }),
      contact('b', { externalIds: [{ id: 'u2', atMs: 1 }] }),
    ];
    const result = fold(
      [identify({ email: 'a@acme.com', userId: 'u2' }), identify({ email: 'b@acme.com', userId: 'u1' })],
      { contacts },
    );
    expect(userIdsOf(result, 'a@acme.com')).toEqual(['u2']);
    expect(userIdsOf(result, 'b@acme.com')).toEqual(['u1']);
    expect([...result.robbedIds].sort()).toEqual(['con_a', 'con_b']);
    expect(result.changed.length).toBe(2);
  });

  it('finds the contact for a track later in the group, at its new place', () => {
    const result = fold([identify({ email: 'b@acme.com', userId: 'u1' }, {}, 200), track({ userId: 'u1' })], {
      contacts: tied(100),
    });
    expect(outcomesOf(result)[1]).toMatchObject({ status: 'recorded', contactId: 'con_b' });
  });

  it('stands beside the others of the contact, with its newest time, at most 100 of them', () => {
    const many = Array.from({ length: 100 }, (_, index) => ({ id: `old${index}`, atMs: 1 }));
    const result = fold(
      [
        identify({ email: 'a@acme.com', userId: 'old5' }, {}, 9),
        identify({ email: 'a@acme.com', userId: 'u1' }, {}, 9),
      ],
      {
        contacts: [contact('a', { externalIds: many })],
      },
    );
    const ties = result.changed[0]?.externalIds ?? [];
    expect(ties.length).toBe(100);
    expect(ties.slice(-2)).toEqual([
      { id: 'old5', atMs: 9 },
      { id: 'u1', atMs: 9 },
    ]);
    expect(ties.some(({ id }) => id === 'old0')).toBe(false);
  });
});

describe('a track', () => {
  const contacts = [contact('a', { externalIds: [{ id: 'u1', atMs: 1 }], metadata: { plan: 'free' } })];

  test.each([
    ['userId', { userId: 'u1' }],
    ['email', { email: 'a@acme.com' }],
    ['email before userId', { email: 'a@acme.com', userId: 'u2' }],
    ['userId where the email is unknown', { email: 'z@acme.com', userId: 'u1' }],
  ])('finds its contact by %s', (_by, who) => {
    const others = [contact('b', { externalIds: [{ id: 'u2', atMs: 1 }] })];
    expect(outcomesOf(fold([track(who)], { contacts: [...contacts, ...others] }))).toEqual([
      { status: 'recorded', contactId: 'con_a', eventKey: 'purchase_completed', automations: [] },
    ]);
  });

  test.each([
    [{ userId: 'u9' }, true, 'identify'],
    [{ email: 'z@acme.com' }, true, 'identify'],
    [{ anonymousId: 'x' }, false, 'anonymousId'],
  ])('of %j waits where it may (%p), else is unresolved with a reason', (who, waits, reason) => {
    const patient = fold([track(who)], { contacts });
    expect(patient.waiting).toEqual(waits ? ['ws_1/m0'] : []);
    messageCount = 0;
    const impatient = fold([track(who)], { contacts }, false);
    expect(impatient.waiting).toEqual([]);
    expect(outcomesOf(impatient)).toEqual([{ status: 'unresolved', reason: expect.stringContaining(reason) }]);
  });

  it('starts a run for each active automation that matches, and tells why the others did not run', () => {
    const filtered = (id: string, value: string): Automation =>
      automation(id, {
        trigger: {
          type: 'CUSTOM_EVENT',
          eventName: 'x',
          filter: { field: 'contact.metadata.plan', op: 'equals', value },
        },
      });
    const result = fold([track({ userId: 'u1' }, 'purchaseCompleted', { amount: 99 })], {
      contacts,
      automations: [
        automation('runs'),
        automation('draft', { status: 'draft' }),
        automation('paused', { status: 'paused' }),
        filtered('passes', 'free'),
        filtered('fails', 'pro'),
        automation('other', { eventKey: 'trial_started' }),
      ],
    });
    expect(outcomesOf(result)).toEqual([
      {
        status: 'recorded',
        contactId: 'con_a',
        eventKey: 'purchase_completed',
        automations: [
          { automationId: 'aut_runs', name: 'Automation runs', ran: true, runKey: 'aut_runs/con_a/m0' },
          {
            automationId: 'aut_draft',
            name: 'Automation draft',
            ran: false,
            reason: 'the automation is draft; activate it',
          },
          {
            automationId: 'aut_paused',
            name: 'Automation paused',
            ran: false,
            reason: 'the automation is paused; activate it',
          },
          { automationId: 'aut_passes', name: 'Automation passes', ran: true, runKey: 'aut_passes/con_a/m0' },
          {
            automationId: 'aut_fails',
            name: 'Automation fails',
            ran: false,
            reason: 'filter: contact.metadata.plan equals "pro" is not true',
          },
        ],
      },
    ]);
    expect(result.runs).toEqual(
      ['runs', 'passes'].map((id) => ({
        key: `aut_${id}/con_a/m0`,
        workspaceId: 'ws_1',
        automationId: `aut_${id}`,
        automationName: `Automation ${id}`,
        version: 3,
        contactId: 'con_a',
        messageKey: 'ws_1/m0',
      })),
    );
    expect(result).toMatchObject({ created: [], changed: [], events: [] });
  });

  it('shows its properties to filters, and nothing of the contact in the reason', () => {
    const facts = {
      contact: {
        email: 'a@acme.com',
        firstName: null,
        lastName: null,
        status: 'active',
        metadata: { plan: 'secret' },
        listIds: [],
      },
      properties: { amount: 5 },
    };
    const listening = automation('1', {
      trigger: {
        type: 'CUSTOM_EVENT',
        eventName: 'x',
        filter: {
          all: [
            { field: 'properties.amount', op: 'gt', value: 1 },
            { field: 'contact.metadata.plan', op: 'in', value: ['a', 'b'] },
          ],
        },
      },
    });
    const [match] = matchAutomations([listening], 'PURCHASE COMPLETED', facts);
    expect(match).toMatchObject({ ran: false, reason: 'filter: contact.metadata.plan in ["a","b"] is not true' });
  });
});

it('is pure: it changes nothing that it was given', () => {
  const contacts = [contact('a', { externalIds: [{ id: 'u1', atMs: 1 }], listIds: [] }), contact('b')];
  const before = structuredClone(contacts);
  fold([identify({ email: 'b@acme.com', userId: 'u1' }, { plan: 'pro' }, 5, 'lst_1'), track({ userId: 'u1' })], {
    contacts,
    listIds: new Set(['lst_1']),
  });
  expect(contacts).toEqual(before);
});
