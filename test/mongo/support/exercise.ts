import { at, idOf, messageKeyOf } from './filled';
import type { Allowance } from './plans';

/** A call with what it may read. */
export interface Exercise extends Allowance {
  run: () => Promise<unknown>;
}
/** Every public method of a store: one that is missing here does not compile. */
export type Exercises<Store> = {
  [Name in keyof Store as Store[Name] extends (...args: never[]) => unknown ? Name : never]: Exercise | Exercise[];
};

/** All combinations of a value of each; undefined leaves it out. */
export function combined<Choices extends Record<string, readonly unknown[]>>(
  choices: Choices,
): { [Name in keyof Choices]?: Exclude<Choices[Name][number], undefined> }[] {
  let all: object[] = [{}];
  for (const [name, values] of Object.entries(choices)) {
    all = all.flatMap((one) => values.map((value) => (value === undefined ? one : { ...one, [name]: value })));
  }
  return all;
}
export async function eachOf<Choice>(choices: Choice[], run: (choice: Choice) => Promise<unknown>): Promise<void> {
  for (const choice of choices) await run(choice);
}

export const now = at(100_000);
export const numbers = (count: number): number[] => Array.from({ length: count }, (_each, row) => row);
export const ids = (kind: Parameters<typeof idOf>[0], count: number): string[] =>
  numbers(count).map((row) => idOf(kind, row));
export const keys = (count: number): string[] => numbers(count).map(messageKeyOf);

export const limit = 51;
/** The first page, and one far down. */
export const pages = [{ limit }, { limit, after: { at: at(300), id: idOf('list', 300) } }];
/** From the first on, and from one far on. */
export const placesInOrder = [undefined, { at: at(300), id: idOf('list', 300) }] as const;
export const onEachPage = (read: (page: (typeof pages)[number]) => Promise<unknown>) => () => eachOf(pages, read);
export const list = { ask: limit };
/** By a key that is unique or an id. */
export const one = { ask: 1 };
export const some = { ask: 20 };
/** Writes that look for nothing. */
export const nothing = { ask: 0 };
