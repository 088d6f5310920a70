import fc from 'fast-check';
import { newContact, type Contact, type ContactStatus } from '../../domain/contact';
import type { Email } from '../../domain/email';
import { foldEmailEvents, type EmailEvent, type EmailFold, type EmailNews } from '../../domain/email-event';
import { makeId } from '../../domain/ids';
import { webhookEnvelope, type WebhookEventType } from '../../domain/webhook-events';

const sentAtMs = Date.parse('2026-04-15T10:00:00Z');
const nowMs = sentAtMs + 3_600_000;
let ids = 0;
let keys = 0;
beforeEach(() => {
  ids = 0;
  keys = 0;
});

const contact = (name = 'john', status: ContactStatus = 'active'): Contact => ({
  ...newContact({ id: `con_${name}`, workspaceId: 'ws_1', email: `${name}@example.com`, source: 'api' }, 1),
  status,
});
const email = (id = 'eml_1', more: Partial<Email> = {}): Email => ({
  ...{ id, workspaceId: 'ws_1', kind: 'campaign', campaignId: 'cmp_1', campaignName: 'April' },
  ...{ contactId: 'con_john', to: 'john@example.com', status: 'sent', createdAtMs: sentAtMs, sentAtMs },
  ...{ opens: 0, clicks: 0, ...more },
});
const event = (news: EmailNews, atMs = sentAtMs + 60_000, emailId = 'eml_1'): EmailEvent => ({
  ...{ key: `emv_${keys++}`, emailId, atMs, news },
});
const fold = (list: EmailEvent[], emails: Email[] = [email()], contacts: Contact[] = [contact()]): EmailFold =>
  foldEmailEvents(
    list,
    {
      emails: new Map(emails.map((each) => [each.id, each])),
      contacts: new Map(contacts.map((each) => [each.id, each])),
    },
    { nowMs, newId: (kind) => makeId(kind, String(++ids).padStart(24, '0')) },
  );
const statusesOf = ({ outcomes }: EmailFold): string[] => [...outcomes.values()].map(({ status }) => status);
const typesOf = ({ events }: EmailFold): WebhookEventType[] => events.map(({ type }) => type);

const visitor = { userAgent: 'Mozilla/5.0 (iPhone)', ip: '203.0.113.42', flags: ['google-image-proxy'] };
const news = {
  opened: { kind: 'opened', ...visitor },
  clicked: { kind: 'clicked', url: 'https://acmecorp.com/?a=1', ...visitor },
  unsubscribed: { kind: 'unsubscribed', method: 'one-click' },
  delivered: { kind: 'delivered' },
  soft: { kind: 'bounced', bounceType: 'soft', bounceMessage: '452 4.2.2 mailbox full' },
  hard: { kind: 'bounced', bounceType: 'hard', bounceMessage: '550 5.1.1 no such user' },
  complained: { kind: 'complained' },
} as const satisfies Record<string, EmailNews>;
type Heard = keyof typeof news;
const ref = { emailId: 'eml_1', campaignId: 'cmp_1', contactId: 'con_john', contactEmail: 'john@example.com' };
const at = '2026-04-15T10:01:00.000Z';

describe('each has its webhook event, with exactly the documented data', () => {
  test.each<[Heard, WebhookEventType, object]>([
    ['opened', 'email.opened', { openedAt: at, userAgent: visitor.userAgent, ip: visitor.ip }],
    [
      'clicked',
      'email.clicked',
      { clickedAt: at, url: 'https://acmecorp.com/?a=1', userAgent: visitor.userAgent, ip: visitor.ip },
    ],
    ['unsubscribed', 'email.unsubscribed', { unsubscribedAt: at, method: 'one-click' }],
    ['delivered', 'email.delivered', { campaignName: 'April', sentAt: '2026-04-15T10:00:00.000Z', deliveredAt: at }],
    ['soft', 'email.bounced', { bouncedAt: at, bounceType: 'soft', bounceMessage: '452 4.2.2 mailbox full' }],
    ['hard', 'email.bounced', { bouncedAt: at, bounceType: 'hard', bounceMessage: '550 5.1.1 no such user' }],
    ['complained', 'email.complained', { complainedAt: at }],
  ])('%s: %s', (heard, type, data) => {
    const [made] = fold([event(news[heard])]).events;
    expect(made).toMatchObject({ type, workspaceId: 'ws_1', contactId: 'con_john', createdAtMs: nowMs });
    const body: unknown = JSON.parse(made?.body ?? '');
    expect(body).toEqual({ event: type, workspaceId: 'ws_1', timestamp: at, data: { ...ref, ...data } });
    expect(webhookEnvelope(type).safeParse(body).error).toBeUndefined();
  });

  test('an email without a campaign’s name goes by its subject', () => {
    const { campaignName: _name, ...nameless } = email('eml_1', { kind: 'transactional', subject: 'Your receipt' });
    const [made] = fold([event(news.delivered)], [nameless]).events;
    expect(JSON.parse(made?.body ?? '').data.campaignName).toBe('Your receipt');
  });
});

describe('what becomes of the contact', () => {
  const statuses: ContactStatus[] = ['active', 'unsubscribed', 'bounced', 'complained'];
  test.each<[Heard, ContactStatus[]]>([
    // From active, unsubscribed, bounced, complained.
    ['opened', ['active', 'unsubscribed', 'bounced', 'complained']],
    ['clicked', ['active', 'unsubscribed', 'bounced', 'complained']],
    ['delivered', ['active', 'unsubscribed', 'bounced', 'complained']],
    ['soft', ['active', 'unsubscribed', 'bounced', 'complained']],
    ['unsubscribed', ['unsubscribed', 'unsubscribed', 'bounced', 'complained']],
    ['hard', ['bounced', 'bounced', 'bounced', 'complained']],
    ['complained', ['complained', 'complained', 'complained', 'complained']],
  ])('%s', (heard, after) => {
    statuses.forEach((before, index) => {
      const folded = fold([event(news[heard])], [email()], [contact('john', before)]);
      expect(folded.contacts.get('con_john')?.status ?? before).toBe(after[index]);
      const hasChanged = before !== after[index];
      const updates = folded.events.filter(({ type }) => type === 'contact.updated');
      expect(updates.map(({ body }) => JSON.parse(body).data.changes)).toEqual(
        hasChanged ? [[{ field: 'status', oldValue: before, newValue: after[index] }]] : [],
      );
      const [outcome] = folded.outcomes.values();
      expect(outcome && 'leftContactId' in outcome ? outcome.leftContactId : undefined).toBe(
        hasChanged ? 'con_john' : undefined,
      );
    });
  });

  test.each<[Heard, object[]]>([
    ['opened', []],
    ['unsubscribed', []],
    ['soft', []],
    ['hard', [{ email: 'john@example.com', reason: 'bounced' }]],
    ['complained', [{ email: 'john@example.com', reason: 'complained' }]],
  ])('%s suppresses %j', (heard, suppressions) => {
    expect(fold([event(news[heard])]).suppressions).toEqual(suppressions);
  });

  test('the address that an email went to is suppressed, though the contact has another one by now', () => {
    const moved = { ...contact(), email: 'new@example.com' };
    expect(fold([event(news.hard)], [email()], [moved]).suppressions).toEqual([
      { email: 'john@example.com', reason: 'bounced' },
    ]);
  });
});

describe('several of one email in one group', () => {
  test.each<[Heard[], string[], WebhookEventType[]]>([
    [
      ['opened', 'opened'],
      ['counted', 'counted'],
      ['email.opened', 'email.opened'],
    ],
    [['delivered', 'delivered'], ['counted', 'repeated'], ['email.delivered']],
    [
      ['unsubscribed', 'unsubscribed'],
      ['counted', 'repeated'],
      ['email.unsubscribed', 'contact.updated'],
    ],
    [
      ['complained', 'complained'],
      ['counted', 'repeated'],
      ['email.complained', 'contact.updated'],
    ],
    [['soft', 'soft'], ['counted', 'repeated'], ['email.bounced']],
    [
      ['hard', 'hard'],
      ['counted', 'repeated'],
      ['email.bounced', 'contact.updated'],
    ],
    [
      ['hard', 'soft'],
      ['counted', 'repeated'],
      ['email.bounced', 'contact.updated'],
    ],
    // Given up after tries that were put off.
    [
      ['soft', 'hard'],
      ['counted', 'counted'],
      ['email.bounced', 'email.bounced', 'contact.updated'],
    ],
    [
      ['delivered', 'hard'],
      ['counted', 'counted'],
      ['email.delivered', 'email.bounced', 'contact.updated'],
    ],
    [
      ['complained', 'unsubscribed'],
      ['counted', 'counted'],
      ['email.complained', 'contact.updated', 'email.unsubscribed'],
    ],
    [
      ['unsubscribed', 'complained'],
      ['counted', 'counted'],
      ['email.unsubscribed', 'contact.updated', 'email.complained', 'contact.updated'],
    ],
  ])('%j: %j', (heard, statuses, types) => {
    const folded = fold(heard.map((each) => event(news[each])));
    expect([statusesOf(folded), typesOf(folded)]).toEqual([statuses, types]);
  });

  test.each<[Heard[], Email['status']]>([
    [['delivered'], 'delivered'],
    [['opened', 'clicked'], 'sent'],
    [['delivered', 'soft'], 'bounced'],
    [['hard', 'delivered'], 'bounced'],
    [['soft', 'delivered'], 'delivered'],
    [['complained', 'delivered'], 'complained'],
    [['complained', 'hard'], 'complained'],
    [['hard', 'complained'], 'complained'],
  ])('after %j an email is %s', (heard, status) => {
    const folded = fold(heard.map((each) => event(news[each])));
    expect(folded.emails.get('eml_1')?.status).toBe(status);
  });

  test('opens and clicks are all counted for the campaign, and the email once; the first time is kept', () => {
    const folded = fold([
      event(news.opened, sentAtMs + 90_000),
      event(news.clicked, sentAtMs + 95_000),
      // Heard later than the others, though it happened before.
      event(news.opened, sentAtMs + 80_000),
      event(news.clicked, sentAtMs + 99_000),
    ]);
    expect(folded.emails.get('eml_1')).toMatchObject({
      ...{ opens: 2, openedAtMs: sentAtMs + 80_000, clicks: 2, clickedAtMs: sentAtMs + 95_000 },
    });
    expect([...folded.counts]).toEqual([['cmp_1', { opens: 2, opened: 1, clicks: 2, clicked: 1 }]]);
  });

  test('whoever has come back since leaves again by the same email, and is counted once', () => {
    const before = email('eml_1', { unsubscribedAtMs: sentAtMs + 1 });
    const folded = fold([event(news.unsubscribed)], [before]);
    expect(typesOf(folded)).toEqual(['email.unsubscribed', 'contact.updated']);
    expect(folded.counts.get('cmp_1')?.unsubscribed).toBeUndefined();
  });

  test('nothing is counted for what no campaign has sent', () => {
    expect(fold([event(news.opened)], [email('eml_1', { kind: 'automation' })]).counts.size).toBe(0);
  });
});

describe('what has no effect', () => {
  const none = { contacts: 0, emails: 0, events: [], suppressions: [], counts: 0 };
  const effectOf = ({ contacts, emails, events, suppressions, counts }: EmailFold) => ({
    ...{ contacts: contacts.size, emails: emails.size, events, suppressions, counts: counts.size },
  });
  test.each<[string, Email[], Contact[], RegExp]>([
    ['an email that is not known', [], [contact()], /no such email/],
    ['a contact that was deleted', [email()], [], /deleted/],
  ])('%s', (_name, emails, contacts, reason) => {
    for (const each of Object.values(news)) {
      const folded = fold([event(each)], emails, contacts);
      expect(effectOf(folded)).toEqual(none);
      expect([...folded.outcomes.values()]).toEqual([{ status: 'ignored', reason: expect.stringMatching(reason) }]);
    }
  });
});

describe('an email to nobody who is a contact, such as the confirmation of a sign-up', () => {
  const nobodys = withoutContact(email('eml_1', { kind: 'confirmation' }));

  test.each(['hard', 'complained'] as const)('%s: the address is suppressed, and nobody is told', (kind) => {
    const folded = fold([event(news[kind]), event(news[kind])], [nobodys], []);
    expect(statusesOf(folded)).toEqual(['counted', 'repeated']);
    expect(folded.suppressions).toEqual([{ email: nobodys.to, reason: kind === 'hard' ? 'bounced' : 'complained' }]);
    expect(folded.emails.get('eml_1')?.status).toBe(kind === 'hard' ? 'bounced' : 'complained');
    expect([folded.events, folded.counts.size]).toEqual([[], 0]);
  });

  test('anything else has no effect, nor has anything once the address was erased', () => {
    const { hard, complained, ...others } = news;
    const list = Object.values(others).map((each) => event(each));
    expect(new Set(statusesOf(fold(list, [nobodys], [])))).toEqual(new Set(['ignored']));
    const erased = fold([event(hard), event(complained)], [{ ...nobodys, to: 'erased' }], []);
    expect([statusesOf(erased), erased.suppressions]).toEqual([['ignored', 'ignored'], []]);
  });
});

function withoutContact({ contactId: _contactId, ...rest }: Email): Email {
  return rest;
}

describe('who is told', () => {
  test('the run that has sent the email, of everything that counted', () => {
    const automated = email('eml_1', { kind: 'automation', runKey: 'aut_1/con_john/m1' });
    const [opened, again, repeated] = fold(
      [event(news.opened), event(news.unsubscribed), event(news.unsubscribed)],
      [automated],
    ).outcomes.values();
    expect(opened).toMatchObject({ notice: { runKey: 'aut_1/con_john/m1', kind: 'opened' } });
    expect(again).toMatchObject({
      notice: { runKey: 'aut_1/con_john/m1', kind: 'unsubscribed' },
      leftContactId: 'con_john',
    });
    expect(repeated).toEqual({ status: 'repeated', reason: expect.any(String) });
  });
});

test.each<[string, Partial<Email>, number, Heard, string[] | undefined]>([
  ['a click at once', {}, 1_999, 'clicked', ['soon-after-sending']],
  ['an open at once', {}, 0, 'opened', ['soon-after-sending']],
  ['a click two seconds later', {}, 2_000, 'clicked', undefined],
  ['a bounce at once', {}, 10, 'hard', undefined],
])('%s is flagged %s', (_name, more, afterMs, heard, flags) => {
  const [outcome] = fold([event(news[heard], sentAtMs + afterMs)], [email('eml_1', more)]).outcomes.values();
  expect(outcome && 'flags' in outcome ? outcome.flags : undefined).toEqual(flags);
});
test('a click before the server’s answer was written is flagged, too', () => {
  const { sentAtMs: _sentAtMs, ...sending } = email('eml_1', { status: 'sending' });
  const [outcome] = fold([event(news.clicked)], [sending]).outcomes.values();
  expect(outcome).toMatchObject({ status: 'counted', flags: ['soon-after-sending'] });
});

describe('for whatever is heard in whatever order', () => {
  const people = ['ann', 'bob'];
  const emailsOf = (): Email[] =>
    ['eml_1', 'eml_2', 'eml_3'].map((id, index) =>
      email(id, {
        ...{ contactId: `con_${people[index % 2]}`, to: `${people[index % 2]}@example.com` },
        campaignId: index < 2 ? 'cmp_1' : 'cmp_2',
      }),
    );
  const anyHeard = fc.array(
    fc.record({
      heard: fc.constantFrom<Heard[]>(...(Object.keys(news) as Heard[])),
      emailId: fc.constantFrom('eml_1', 'eml_2', 'eml_3', 'eml_unknown'),
      atMs: fc.integer({ min: sentAtMs, max: nowMs }),
    }),
    { maxLength: 30 },
  );
  const eventsOf = (list: { heard: Heard; emailId: string; atMs: number }[]): EmailEvent[] =>
    list.map(({ heard, emailId, atMs }) => event(news[heard], atMs, emailId));
  const withoutIds = (folded: EmailFold[]) => folded.flatMap((each) => each.events.map(({ body }) => body));

  test('one group comes to the same as one after the other', () => {
    fc.assert(
      fc.property(anyHeard, (list) => {
        const events = eventsOf(list);
        ids = 0;
        const together = fold(
          events,
          emailsOf(),
          people.map((name) => contact(name)),
        );
        ids = 0;
        const emails = new Map(emailsOf().map((each) => [each.id, each]));
        const contacts = new Map(people.map((name) => [`con_${name}`, contact(name)]));
        const singles = events.map((each) => {
          const single = fold([each], [...emails.values()], [...contacts.values()]);
          for (const [id, changed] of single.emails) emails.set(id, changed);
          for (const [id, changed] of single.contacts) contacts.set(id, changed);
          return single;
        });
        expect(singles.flatMap(statusesOf)).toEqual(statusesOf(together));
        expect(withoutIds(singles)).toEqual(withoutIds([together]));
        expect(Object.fromEntries(emails)).toMatchObject(Object.fromEntries(together.emails));
        expect(Object.fromEntries(contacts)).toMatchObject(Object.fromEntries(together.contacts));
        const sum: Record<string, Record<string, number>> = {};
        for (const { counts } of singles) {
          for (const [id, added] of counts) {
            const of = (sum[id] ??= {});
            for (const [name, by] of Object.entries(added)) of[name] = (of[name] ?? 0) + by;
          }
        }
        expect(sum).toEqual(Object.fromEntries(together.counts));
      }),
    );
  });

  test('every event has one outcome and stands in it once; what happens once happens once; counts are what was heard', () => {
    fc.assert(
      fc.property(anyHeard, (list) => {
        const events = eventsOf(list);
        const folded = fold(
          events,
          emailsOf(),
          people.map((name) => contact(name)),
        );
        expect([...folded.outcomes.keys()]).toEqual(events.map(({ key }) => key));
        const named = [...folded.outcomes.values()].flatMap((outcome) =>
          outcome.status === 'counted' ? outcome.eventIds : [],
        );
        expect(named).toEqual(folded.events.map(({ id }) => id));
        expect(new Set(named).size).toBe(named.length);
        for (const { id } of emailsOf()) {
          const about = folded.events.filter(({ body }) => JSON.parse(body).data.emailId === id);
          const count = (type: WebhookEventType): number => about.filter((made) => made.type === type).length;
          const heard = (kind: Heard): number =>
            list.filter((each) => each.emailId === id && each.heard === kind).length;
          expect([count('email.opened'), count('email.clicked')]).toEqual([heard('opened'), heard('clicked')]);
          expect(folded.emails.get(id)?.opens ?? 0).toBe(heard('opened'));
          expect(folded.emails.get(id)?.clicks ?? 0).toBe(heard('clicked'));
          expect(count('email.delivered')).toBe(Math.min(1, heard('delivered')));
          expect(count('email.complained')).toBe(Math.min(1, heard('complained')));
          expect(count('email.unsubscribed')).toBeLessThanOrEqual(1);
          expect(count('email.bounced')).toBeLessThanOrEqual(heard('soft') > 0 ? 2 : 1);
        }
        for (const { type, body } of folded.events) {
          expect(webhookEnvelope(type).safeParse(JSON.parse(body)).error).toBeUndefined();
        }
      }),
    );
  });

  test('a contact’s status never becomes less grave', () => {
    const gravity: ContactStatus[] = ['active', 'unsubscribed', 'bounced', 'complained'];
    fc.assert(
      fc.property(anyHeard, fc.constantFrom(...gravity), (list, before) => {
        const folded = fold(
          eventsOf(list),
          emailsOf(),
          people.map((name) => contact(name, before)),
        );
        const changes = folded.events
          .filter(({ type }) => type === 'contact.updated')
          .flatMap(({ body }) => JSON.parse(body).data.changes);
        for (const { field, oldValue, newValue } of changes) {
          expect(field).toBe('status');
          expect(gravity.indexOf(newValue)).toBeGreaterThan(gravity.indexOf(oldValue));
        }
      }),
    );
  });
});
