import { didYouMean } from '../../domain/did-you-mean';

const known = ['purchase_completed', 'purchase_refunded', 'signed_up', 'buy', 'page'];

test.each([
  ['purchase_complete', ['purchase_completed']],
  ['purchase_compelted', ['purchase_completed']],
  ['purchas_completd', ['purchase_completed']],
  ['purchase', ['purchase_refunded', 'purchase_completed']],
  ['user_signed_up', ['signed_up']],
  ['singed_up', ['signed_up']],
  ['bux', ['buy']],
])('%s → %j', (wanted, expected) => {
  expect(didYouMean(wanted, known)).toEqual(expected);
});

test('what is far, or the same, is not suggested', () => {
  expect(didYouMean('logged_out', known)).toEqual([]);
  expect(didYouMean('by', known)).toEqual([]);
  expect(didYouMean('buy', known)).toEqual([]);
  expect(didYouMean('', known)).toEqual([]);
});

test('three suggestions at most, nearest first', () => {
  expect(
    didYouMean('order_paid', ['order_paid_xx', 'order_paids', 'order_pai', 'my_order_paid_too', 'order_paix']),
  ).toEqual(['order_pai', 'order_paids', 'order_paix']);
});

test('a name of 32 KB is answered at once', () => {
  const startedMs = performance.now();
  const keys = Array.from({ length: 1_000 }, (_, index) => `event_${index}`);
  expect(didYouMean('x'.repeat(32_000), keys)).toEqual([]);
  expect(performance.now() - startedMs).toBeLessThan(500);
});
