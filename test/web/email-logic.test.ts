import { draftOf, bodyOf, missingIn, newDraft } from '../../web/src/pages/email/campaigns/draft';
import { leftOut, leftOutCount, shareDone } from '../../web/src/pages/email/campaigns/figures';
import { fromLocalInput, toLocalInput } from '../../web/src/pages/email/campaigns/schedule';
import { queryOf } from '../../web/src/pages/email/emails/email-filters';
import { stepsOf } from '../../web/src/pages/email/emails/timeline-steps';
import { contentBody, hasUnsubscribeLink } from '../../web/src/pages/email/parts/content';
import { firstSample, previewValues, sampleMistakes } from '../../web/src/pages/email/parts/sample';
import { offsetOf } from '../../web/src/pages/email/parts/text-place';

describe('the place of a mistake', () => {
  const text = 'one\ntwo\n\nfour';
  test.each([
    [1, 1, 0],
    [2, 3, 6],
    [3, 1, 8],
    [4, 4, 12],
    [2, 99, 7],
    [99, 1, 9],
    [0, 0, 0],
  ])('line %i, column %i is at %i', (line, column, offset) => {
    expect(offsetOf(text, line, column)).toBe(offset);
  });
});

describe('sample values', () => {
  test('are sent as they are typed, for somebody made up or for a contact', () => {
    const values = previewValues({ ...firstSample, metadata: '{"plan":"pro"}', data: '' });
    expect(values).toEqual({
      contact: { email: 'ada@example.com', firstName: 'Ada', lastName: 'Lovelace', metadata: { plan: 'pro' } },
      data: {},
      event: { name: 'Purchase Completed', properties: { amount: 99 } },
    });
    expect(previewValues({ ...firstSample, contactId: 'con_1' })).not.toHaveProperty('contact');
  });

  test('what is no JSON object is named, and left out of what is sent', () => {
    const sample = { ...firstSample, data: '{"a":', metadata: '[1]', properties: 'null' };
    expect(Object.keys(sampleMistakes(sample)).sort()).toEqual(['data', 'metadata', 'properties']);
    expect(previewValues(sample)).toMatchObject({ data: {}, contact: { metadata: {} }, event: { properties: {} } });
    expect(sampleMistakes(firstSample)).toEqual({});
  });
});

describe('content', () => {
  test('that is empty is taken away', () => {
    const content = { subject: 's', preheader: '', html: 'h', text: '' };
    expect(contentBody(content)).toEqual({ subject: 's', html: 'h', preheader: null, text: null });
  });

  test('knows whether it has an unsubscribe link of its own', () => {
    expect(hasUnsubscribeLink({ html: '<a href="{{ unsubscribe_url }}">x</a>', text: '' })).toBe(true);
    expect(hasUnsubscribeLink({ html: '<a href="/unsubscribe">x</a>', text: '' })).toBe(false);
  });
});

describe('a draft', () => {
  const whole = { ...newDraft, name: 'April', subject: 'Hi', listIds: ['lst_1'] };

  test('says what is missing, one thing at a time', () => {
    expect(missingIn(newDraft)).toBe('Give it a name first.');
    expect(missingIn(whole)).toBeUndefined();
    expect(missingIn({ ...whole, listIds: [] })).toBe('Choose a list first.');
    expect(missingIn({ ...whole, source: 'template' })).toBe('Choose its template first.');
    expect(missingIn({ ...whole, when: 'later' })).toBe('Choose when it is to begin.');
  });

  test('is sent with its own content or with a template, never with both', () => {
    expect(bodyOf(whole)).toMatchObject({ html: newDraft.html, text: null, from: null, scheduledAt: null });
    expect(bodyOf(whole)).not.toHaveProperty('templateId');
    const ofTemplate = bodyOf({ ...whole, source: 'template', templateId: 'tpl_1' });
    expect(ofTemplate).toMatchObject({ templateId: 'tpl_1' });
    expect(ofTemplate).not.toHaveProperty('html');
    expect(ofTemplate).not.toHaveProperty('text');
  });

  test('of a campaign comes back as the same campaign', () => {
    const campaign = {
      ...{ name: 'April', subject: 'Hi', preheader: null, html: '<p>x</p>', text: null, templateId: null },
      ...{
        listIds: ['lst_1'],
        from: 'News <news@acme.com>',
        ratePerSecond: 5,
        scheduledAt: '2026-04-15T10:00:00.000Z',
      },
    };
    const { templateId: _templateId, ...expected } = campaign;
    // The rest of a campaign is not looked at.
    expect(bodyOf(draftOf(campaign as Parameters<typeof draftOf>[0]))).toEqual(expected);
  });

  test('keeps its moment through the input of a date and time', () => {
    expect(fromLocalInput(toLocalInput('2026-12-31T23:59:00.000Z'))).toBe('2026-12-31T23:59:00.000Z');
    expect(toLocalInput(null)).toBe('');
    expect(fromLocalInput('')).toBeNull();
    expect(fromLocalInput('soon')).toBeNull();
  });
});

describe('figures', () => {
  test('tell who is left out, and why', () => {
    const skipped = { unsubscribed: 2, bounced: 0, complained: 0, suppressed: 1 };
    expect(leftOut({ count: 3, skipped })).toBe('2 unsubscribed, 1 suppressed');
    expect(leftOutCount({ count: 3, skipped })).toBe(3);
  });

  test('count whoever was put off as worked off once', () => {
    expect(shareDone({ audience: 10, sent: 3, skipped: 1, failed: 0, retrying: 1 })).toBe(50);
    expect(shareDone({ audience: 0, sent: 0, skipped: 0, failed: 0, retrying: 0 })).toBe(0);
  });
});

describe('filters of the log', () => {
  const of = (filters: Record<string, string>) => queryOf((name) => filters[name]);
  test('ask only what the API takes', () => {
    expect(of({ outcome: 'failed', kind: 'test' })).toEqual({ outcome: 'failed', kind: 'test' });
    expect(of({ outcome: 'opened' })).toEqual({});
    expect(of({ outcome: 'opened', to: 'a@b.org' })).toEqual({ outcome: 'opened', to: 'a@b.org' });
    expect(of({ campaignId: 'cmp_1', kind: 'test', outcome: 'waiting' })).toEqual({
      campaignId: 'cmp_1',
      outcome: 'waiting',
    });
    expect(of({ outcome: '<script>', kind: 'constructor' })).toEqual({});
  });
});

describe('what happened to an email', () => {
  const email = {
    ...{ createdAt: '2026-04-15T10:00:00.000Z', sentAt: '2026-04-15T10:00:01.000Z', deliveredAt: null, reason: null },
    ...{ status: 'sent', smtpResponse: '250 taken', events: [] as object[] },
  };
  const titles = (more: object) =>
    // The rest of an email is not looked at.
    stepsOf({ ...email, ...more } as unknown as Parameters<typeof stepsOf>[0]).map(({ title }) => title);
  const event = (kind: string, at: string, more: object = {}) => ({
    ...{ kind, at, status: 'counted', reason: null, source: null },
    ...more,
  });

  test('stands in its order', () => {
    const events = [event('clicked', '2026-04-15T12:00:00.000Z'), event('opened', '2026-04-15T11:00:00.000Z')];
    const deliveredAt = email.sentAt;
    expect(titles({ events, deliveredAt })).toEqual([
      'Queued',
      'Accepted by the server',
      'Delivered',
      'Opened',
      'Clicked',
    ]);
  });

  test('ends with what was decided', () => {
    expect(titles({ status: 'skipped', sentAt: null })).toEqual(['Queued', 'Skipped, on purpose']);
    expect(titles({ status: 'failed', sentAt: null })).toEqual(['Queued', 'Failed']);
    const bounced = event('bounced', '2026-04-15T10:00:02.000Z', { bounceType: 'hard' });
    expect(titles({ status: 'bounced', events: [bounced] }).at(-1)).toBe('Bounced, hard');
  });
});
