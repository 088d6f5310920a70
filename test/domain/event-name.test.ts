import fc from 'fast-check';
import { eventKey } from '../../domain/event-name';

const word = fc.stringMatching(/^[a-z]{1,8}[0-9]{0,2}$/);
const separator = fc.stringMatching(/^[ _\-\t]{1,4}$/);

describe('eventKey', () => {
  test.each([
    ['Purchase Completed', 'purchase_completed'],
    ['purchase_completed', 'purchase_completed'],
    ['PURCHASE_COMPLETED', 'purchase_completed'],
    ['purchase-completed', 'purchase_completed'],
    ['purchaseCompleted', 'purchase_completed'],
    ['PurchaseCompleted', 'purchase_completed'],
    ['  Purchase   Completed\t', 'purchase_completed'],
    ['purchase _-_ completed', 'purchase_completed'],
    ['_purchaseCompleted', 'purchase_completed'],
    ['purchaseCompleted--', 'purchase_completed'],
    ['trial_started', 'trial_started'],
    ['trialStarted', 'trial_started'],
    // A separator anywhere inside means that the capitals are not what separates the words.
    ['iPhone Bought', 'iphone_bought'],
    ['OTP sent', 'otp_sent'],
    ['ID', 'id'],
    ['step2Done', 'step2done'],
    ['order.placed', 'order.placed'],
    ['Käufer Gefunden', 'käufer_gefunden'],
    ['ka\u0308uferGefunden', 'käufer_gefunden'],
    ['Покупка Завершена', 'покупка_завершена'],
    ['購入 完了', '購入_完了'],
    ['', ''],
    [' _- ', ''],
    ['constructor', 'constructor'],
    ['__proto__', 'proto'],
  ])('%j is %j', (name, key) => {
    expect(eventKey(name)).toBe(key);
  });

  it('keeps different words apart', () => {
    const names = [
      'purchase completed',
      'purchasecompleted',
      'purchase complete',
      'completed purchase',
      'purchase.completed',
    ];
    expect(new Set(names.map(eventKey)).size).toBe(names.length);
  });

  it('gives the same key when it is applied to a key', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string()), (name) => {
        expect(eventKey(eventKey(name))).toBe(eventKey(name));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is idempotent for capitals that have no small letter', () => {
    const mathematicalA = '\u{1D400}';
    const name = `A${mathematicalA}`;
    expect(eventKey(eventKey(name))).toBe(eventKey(name));
  });

  it('does not regard case, nor which separators stand between the words and around them', () => {
    const name = fc.record({
      words: fc.array(word, { minLength: 2, maxLength: 5 }),
      separators: fc.array(separator, { minLength: 5, maxLength: 5 }),
      before: fc.option(separator, { nil: '' }),
      after: fc.option(separator, { nil: '' }),
    });
    fc.assert(
      fc.property(name, ({ words, separators, before, after }) => {
        const wanted = words.join('_');
        const joined = words.map((text, index) => (index === 0 ? text : `${separators[index] ?? '_'}${text}`)).join('');
        const spelled = `${before}${joined}${after}`;
        expect(eventKey(spelled)).toBe(wanted);
        expect(eventKey(spelled.toUpperCase())).toBe(wanted);
      }),
    );
  });

  it('joins camel case of several words to what the spaced spelling gives, whatever stands around it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 5 }),
        fc.option(separator, { nil: '' }),
        (words, around) => {
          const capitals = words.map((text) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`).join('');
          // Two capitals in a row are one abbreviation, so a word of one letter does not split.
          fc.pre(words.every((text) => text.length > 1));
          expect(eventKey(`${around}${capitals}${around}`)).toBe(words.join('_'));
        },
      ),
    );
  });

  it('takes time in proportion to the length of the name', () => {
    const startedMs = performance.now();
    eventKey(`${'-'.repeat(500_000)}a${' '.repeat(500_000)}`);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});
