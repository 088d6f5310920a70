import fc from 'fast-check';
import type { Json } from '../../domain/json';
import { maskPayload, maskText, personalTexts, shapeOf } from '../../domain/payload-mask';
import { sampleBody } from '../../domain/webhook-samples';
import { webhookEventTypes } from '../../domain/webhook-events';

const parse = (text: string): Json => JSON.parse(text);

describe('a masked payload', () => {
  it('keeps ids, times and words of ours, and of the rest the shape alone', () => {
    const payload = {
      event: 'contact.updated',
      workspaceId: 'ws_1',
      timestamp: '2026-04-15T10:00:00.000Z',
      data: {
        contactId: 'con_65f0',
        contactEmail: 'Ada.Lovelace+vip@example.co.uk',
        changes: [
          { field: 'metadata.phone', oldValue: '+44 20 7946-0958', newValue: 442079460958 },
          { field: 'firstName', oldValue: null, newValue: 'Zoë 李' },
          { field: 'metadata.address', oldValue: true, newValue: { 'ada@example.com': ['5 Baker St', false] } },
        ],
        updatedAt: '2026-04-15T10:00:00.000Z',
        somethingNew: 'Ada',
      },
    };
    expect(maskPayload(payload)).toEqual({
      ...payload,
      data: {
        contactId: 'con_65f0',
        contactEmail: 'Xxx.Xxxxxxxx+xxx@xxxxxxx.xx.xx',
        changes: [
          { field: 'metadata.phone', oldValue: '+00 00 0000-0000', newValue: 0 },
          { field: 'firstName', oldValue: null, newValue: 'Xxx x' },
          { field: 'metadata.address', oldValue: false, newValue: { 'xxx@xxxxxxx.xxx': ['0 Xxxxx Xx', false] } },
        ],
        updatedAt: '2026-04-15T10:00:00.000Z',
        somethingNew: 'Xxx',
      },
    });
  });

  test.each(webhookEventTypes)('of %s names nobody', (type) => {
    const masked = JSON.stringify(maskPayload(parse(sampleBody(type, 'ws_1', 0))));
    expect(masked).not.toMatch(/\bada\b|lovelace|example\.com|203\.0\.113|starter/i);
    expect(Object.keys(parse(masked) ?? {})).toEqual(['event', 'workspaceId', 'timestamp', 'data']);
  });

  it('keeps no subject, which stands for the name of a campaign where an email has none', () => {
    const payload = { event: 'email.delivered', data: { campaignName: 'Your order, Ada', emailId: 'eml_1' } };
    expect(maskPayload(payload)).toMatchObject({ data: { campaignName: 'Xxxx xxxxx, Xxx', emailId: 'eml_1' } });
  });

  it('has the same fields and kinds of values, and no text of a trait', () => {
    const word = fc.stringMatching(/^[a-z]{4,9}[A-Z][0-9]{2}$/);
    const trait = fc.jsonValue({ stringUnit: 'grapheme' });
    fc.assert(
      fc.property(word, trait, (secret, value) => {
        const payload = parse(
          JSON.stringify({ event: 'x', data: { changes: [{ field: 'f', newValue: [secret, value] }] } }),
        );
        const masked = maskPayload(payload);
        expect(JSON.stringify(masked)).not.toContain(secret);
        expect(maskPayload(masked)).toEqual(masked);
      }),
    );
  });
});

describe('a masked text', () => {
  const payload = parse(
    '{"event":"contact.created","data":{"contactEmail":"ada@example.com","firstName":"Ada","lastName":"Lo","contactId":"con_1"}}',
  );

  it('repeats nothing of the payload, nor any address or number', () => {
    const echoed = 'Ada (ada@example.com, con_1) is known as bob@x.org, call +1 (555) 010-9999';
    expect(maskText(echoed, personalTexts(payload))).toBe(
      'Xxx (xxx@xxxxxxx.xxx, con_1) is known as xxx@x.xxx, call +0 (000) 000-0000',
    );
  });

  it.each([
    ['a URL', 'to=ada%40example.com', 'to=xxx%00xxxxxxx.xxx'],
    ['a URL, of an address unknown', '?to=bob%40x.org', '?xx=xxx%00x.xxx'],
    ['JSON in ASCII', '"Zo\\u00eb O\'Hara" at bob\\u0040x.org', '"Xx\\x00xx X\'Xxxx" at xxx\\x0000x.xxx'],
    ['HTML', 'Zoë O&#39;Hara, bob&#64;x.org', 'Xxx X&#00;Xxxx, xxx&#00;x.xxx'],
    ['a form', 'name=Zo%C3%AB+O%27Hara', 'name=Xx%X0%XX+X%00Xxxx'],
    ['the pattern of a search', 'name:a-b/(c)+[d]*.', 'name:x-x/(x)+[x]*.'],
    ['capitals', "no such ZOË O'HARA", "no such XXX X'XXXX"],
  ])('knows what is repeated as it stands in %s', (_where, text, masked) => {
    const told = parse(
      '{"event":"x","data":{"contactEmail":"ada@example.com","firstName":"Zoë O\'Hara","lastName":"a-b/(c)+[d]*."}}',
    );
    expect(maskText(text, personalTexts(told))).toBe(masked);
  });

  it('finds any number of values, of any length, in good time', () => {
    const value = `Ada ${'(a+)+$'.repeat(2_000)}`;
    const metadata = Object.fromEntries(Array.from({ length: 1_000 }, (_each, row) => [`m${row}`, `${row} ${value}`]));
    const personal = personalTexts({ data: { metadata, last: value } });
    const before = performance.now();
    expect(maskText(`<${value}>`, personal)).toBe(`<${shapeOf(value)}>`);
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  it('takes no more time for one long word than for many short ones', () => {
    const before = performance.now();
    for (const word of ['a', 'a.', '%4', '&#6']) maskText(word.repeat(100_000), personalTexts(payload));
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  it('leaves words alone that a short value happens to be in', () => {
    expect(maskText('Lo and behold', personalTexts(payload))).toBe('Lo and behold');
  });

  it('leaves times and ids alone', () => {
    const text = '{"at":"2026-04-15T10:00:00.000Z","id":"evt_65f012345678901234567890"}';
    expect(maskText(text, [])).toBe(text);
  });
});

test('a shape has no letter or digit of what it was made from', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(shapeOf(text)).toMatch(/^[\x20-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e\s0Xx]*$/);
    }),
  );
});
