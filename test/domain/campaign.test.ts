import fc from 'fast-check';
import { campaignSent, contentOf, estimateDeliveryRate } from '../../domain/campaign';
import { chunkSizeOf, newChunk, Pace, readChunk, sliceSizeOf } from '../../domain/campaign-pace';

describe('the estimated delivery rate', () => {
  test.each([
    [0, 0, 100],
    [10, 0, 100],
    [10, 1, 90],
    [5420, 33, 99.4],
    [3, 1, 66.7],
    [10, 10, 0],
    // A provider's repeated reports must not bring it below nothing.
    [10, 25, 0],
  ])('%d sent, %d bounced: %d', (sent, bounced, rate) => expect(estimateDeliveryRate({ sent, bounced })).toBe(rate));

  test('is a percentage with one decimal, and falls with each bounce', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(1_000_000), (sent, bounced) => {
        const rate = estimateDeliveryRate({ sent, bounced });
        expect(rate).toBeGreaterThanOrEqual(0);
        expect(rate).toBeLessThanOrEqual(100);
        expect(Number.isInteger(Math.round(rate * 1e6) / 1e5)).toBe(true);
        expect(estimateDeliveryRate({ sent, bounced: bounced + 1 })).toBeLessThanOrEqual(rate);
      }),
    );
  });
});

test('campaign.sent has the documented fields and no others', () => {
  const campaign = { id: 'cmp_1', workspaceId: 'ws_1', name: 'April', subject: "What's new 🌱" };
  const event = campaignSent('evt_1', campaign, {
    ...{ totalRecipients: 5_420, sentAtMs: Date.parse('2026-04-15T10:08:45Z'), estimatedDeliveryRate: 99.4 },
  });
  expect(JSON.parse(event.body)).toEqual({
    event: 'campaign.sent',
    workspaceId: 'ws_1',
    timestamp: '2026-04-15T10:08:45.000Z',
    data: {
      ...{ campaignId: 'cmp_1', campaignName: 'April', subject: "What's new 🌱", totalRecipients: 5_420 },
      ...{ sentAt: '2026-04-15T10:08:45.000Z', estimatedDeliveryRate: 99.4 },
    },
  });
});

test('content is the campaign’s own, and nothing as long as it is only a template’s', () => {
  expect(contentOf({ subject: 's' })).toBeUndefined();
  expect(contentOf({ subject: 's', html: 'h' })).toEqual({ subject: 's', html: 'h' });
  expect(contentOf({ subject: 's', html: 'h', text: 't', preheader: 'p' })).toEqual({
    ...{ subject: 's', html: 'h', text: 't', preheader: 'p' },
  });
});

describe('the pace', () => {
  test.each([
    [0.01, 1, 1],
    [1, 2, 1],
    [20, 40, 5],
    [100, 200, 25],
    [400, 800, 100],
    [10_000, 2_000, 200],
  ])('%d a second: chunks of %d in slices of %d', (rate, chunk, slice) => {
    expect([chunkSizeOf(rate), sliceSizeOf(rate)]).toEqual([chunk, slice]);
  });

  test('is never exceeded over a longer time, nor lost while sending is in time, whatever the slices and delays', () => {
    const slices = fc.array(fc.record({ emails: fc.integer({ min: 1, max: 50 }), delayMs: fc.nat(400) }), {
      minLength: 2,
    });
    fc.assert(
      fc.property(slices, fc.integer({ min: 1, max: 1_000 }), (list, rate) => {
        const startMs = 1_000_000;
        const pace = new Pace(rate, 0);
        let nowMs = startMs;
        let emails = 0;
        let lateMs = 0;
        for (const slice of list) {
          nowMs = Math.max(nowMs, pace.take(slice.emails, nowMs));
          const dueMs = startMs + (emails * 1_000) / rate;
          // A tenth of a second is made up for.
          expect(nowMs).toBeGreaterThanOrEqual(dueMs - 100 - 1e-6);
          expect(nowMs).toBeLessThanOrEqual(dueMs + lateMs + 1e-6);
          emails += slice.emails;
          nowMs += slice.delayMs;
          lateMs += slice.delayMs;
        }
      }),
    );
  });

  test('gives back the places of emails that were not handed over', () => {
    const pace = new Pace(10, 5_000);
    expect(pace.take(5, 5_000)).toBe(5_000);
    pace.giveBack(4);
    expect(pace.take(1, 5_000)).toBe(5_100);
  });
});

test('what an activity has reported is read back; anything else is nothing', () => {
  const chunk = { ...newChunk({ pass: 0, afterId: 'con_1', nextAtMs: 5 }), sent: 3, eventIds: ['evt_1'] };
  expect(readChunk(JSON.parse(JSON.stringify(chunk)))).toEqual(chunk);
  fc.assert(fc.property(fc.anything(), (anything) => expect(() => readChunk(anything)).not.toThrow()));
  expect(readChunk(undefined)).toBeUndefined();
  expect(readChunk({ place: { pass: 'x' } })).toBeUndefined();
});
