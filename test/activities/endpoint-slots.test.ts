import fc from 'fast-check';
import { EndpointSlots } from '../../activities/endpoint-slots';
import { many, settled } from './support/attempts';

test('slots are given at once up to the bound; who comes beyond gets one in the order of asking', async () => {
  const slots = new EndpointSlots();
  const given: number[] = [];
  many(5, (index) => void slots.take('whe_1', 2).then(() => given.push(index)));
  await settled();
  expect([given, slots.underWay('whe_1')]).toEqual([[0, 1], 2]);
  slots.release('whe_1');
  await settled();
  expect([given, slots.underWay('whe_1')]).toEqual([[0, 1, 2], 2]);
  slots.release('whe_1');
  slots.release('whe_1');
  await settled();
  expect(given).toEqual([0, 1, 2, 3, 4]);
});

test('endpoints have nothing to do with each other', async () => {
  const slots = new EndpointSlots();
  await slots.take('whe_1', 1);
  await slots.take('whe_2', 1);
  expect([slots.underWay('whe_1'), slots.underWay('whe_2'), slots.underWay('whe_3')]).toEqual([1, 1, 0]);
});

test('who allows more gets a slot that one who allows less has to leave', async () => {
  const slots = new EndpointSlots();
  await Promise.all(many(3, () => slots.take('whe_1', 3)));
  const given: string[] = [];
  void slots.take('whe_1', 1).then(() => given.push('small'));
  void slots.take('whe_1', 3).then(() => given.push('large'));
  slots.release('whe_1');
  await settled();
  expect(given).toEqual(['large']);
});

test('nothing is kept of an endpoint with no attempt under way', async () => {
  const slots = new EndpointSlots();
  await slots.take('whe_1', 1);
  void slots.take('whe_1', 1);
  await settled();
  slots.release('whe_1');
  await settled();
  slots.release('whe_1');
  // One release too many changes nothing.
  slots.release('whe_1');
  expect(slots.underWay('whe_1')).toBe(0);
  expect(Reflect.get(slots, 'taken')).toEqual(new Map());
});

test('whatever the order of takes and releases: never more than the bound, and all get their turn', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.constantFrom('take', 'release', 'settle'), { maxLength: 60 }),
      async (max, steps) => {
        const slots = new EndpointSlots();
        let asked = 0;
        let held = 0;
        let served = 0;
        const release = (): void => {
          held--;
          slots.release('whe_1');
        };
        for (const step of steps) {
          if (step === 'take') {
            asked++;
            void slots.take('whe_1', max).then(() => {
              held++;
              served++;
            });
          } else if (step === 'release' && held > 0) release();
          else await settled();
          expect(held).toBeLessThanOrEqual(max);
        }
        for (await settled(); held > 0; await settled()) release();
        expect([served, slots.underWay('whe_1')]).toEqual([asked, 0]);
      },
    ),
    { numRuns: 100 },
  );
});
