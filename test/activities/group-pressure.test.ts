import { GroupPressure } from '../../activities/group-pressure';
import { gate } from '../workflows/support/until';
import { holdTime, settled } from './support/attempts';

beforeEach(holdTime);
afterEach(() => jest.useRealTimers());

/** Two groups that make attempts until the test ends them. */
function busy() {
  const pressure = new GroupPressure();
  const gates = [gate(), gate()];
  const groups = gates.map(({ opened }) => pressure.during(() => opened));
  const passed: string[] = [];
  const ask = (name: string): void => void pressure.room().then(() => passed.push(name));
  const end = async (index: number): Promise<void> => {
    gates[index]?.open();
    await groups[index];
    await settled();
  };
  return { pressure, passed, ask, end };
}

test('while few groups make attempts a commit does not wait', async () => {
  const pressure = new GroupPressure();
  const { opened, open } = gate();
  const group = pressure.during(() => opened);
  await pressure.room();
  open();
  await group;
  expect(jest.getTimerCount()).toBe(0);
});

test('while more do, all that come wait for one of them', async () => {
  const { passed, ask, end } = busy();
  ask('first');
  ask('second');
  await jest.advanceTimersByTimeAsync(40);
  expect(passed).toEqual([]);
  await end(0);
  expect(passed).toEqual(['first', 'second']);
  await end(1);
  expect(jest.getTimerCount()).toBe(0);
});

test('a group that takes long waits for a receiver, and holds no commit up', async () => {
  const { passed, ask, end } = busy();
  ask('first');
  await jest.advanceTimersByTimeAsync(49);
  expect(passed).toEqual([]);
  await jest.advanceTimersByTimeAsync(1);
  expect(passed).toEqual(['first']);
  ask('second');
  await settled();
  expect(passed).toEqual(['first', 'second']);
  await end(0);
  await end(1);
});

test('a group that fails makes room as well, and its error is its caller’s', async () => {
  const { pressure, passed, ask, end } = busy();
  const failing = pressure.during(() => Promise.reject(new Error('MongoDB is away')));
  await expect(failing).rejects.toThrow('MongoDB is away');
  ask('first');
  await end(1);
  expect(passed).toEqual(['first']);
});
