import { PacedAnswers } from '../../src/mongo/paced-answers';

const clock = { ms: 0 };
const asked: string[] = [];
let answers: PacedAnswers<string>;
beforeEach(() => {
  clock.ms = 0;
  asked.length = 0;
  answers = new PacedAnswers<string>(() => clock.ms);
});
const ask = (key: string, tookMs: number) =>
  answers.get(key, () => {
    asked.push(key);
    clock.ms += tookMs;
    return Promise.resolve(`${key} ${asked.length}`);
  });

test.each([
  ['a cheap answer for three seconds', 10, 3_000],
  ['a dear one for twenty times what it took', 800, 16_000],
])('keeps %s', async (_what, tookMs, keptMs) => {
  expect(await ask('a', tookMs)).toBe('a 1');
  clock.ms += keptMs - 1;
  expect(await ask('a', tookMs)).toBe('a 1');
  expect(await ask('b', 0)).toBe('b 2');
  clock.ms += 1;
  expect(await ask('a', tookMs)).toBe('a 3');
});

test('whoever asks for what is on its way waits for the same answer, however long it takes', async () => {
  let answer: (text: string) => void = () => undefined;
  const ways = [1, 2].map(() =>
    answers.get('a', () => {
      asked.push('a');
      clock.ms += 60_000;
      return new Promise((resolve) => (answer = resolve));
    }),
  );
  answer('one');
  expect(await Promise.all(ways)).toEqual(['one', 'one']);
  expect(asked).toEqual(['a']);
});

test('what fails is asked again at once', async () => {
  await expect(answers.get('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(await ask('a', 0)).toBe('a 1');
});
