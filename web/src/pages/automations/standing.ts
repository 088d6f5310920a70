import type { Statistics } from './queries';

/** How many runs of a version stand at each of its steps. */
export function standingOf(
  standing: Statistics['standing'] | undefined,
  version: number | undefined,
): ReadonlyMap<string, number> {
  const own = (standing ?? []).filter((each) => each.version === version);
  return new Map(own.map(({ position, runs }) => [position.join('.'), runs]));
}

/** How many runs there are of each version but the newest, the newest of those first. */
export function olderVersions({ standing, version }: Pick<Statistics, 'standing' | 'version'>) {
  const counts = new Map<number, number>();
  for (const each of standing) {
    if (each.version !== version) counts.set(each.version, (counts.get(each.version) ?? 0) + each.runs);
  }
  return [...counts].map(([older, runs]) => ({ version: older, runs })).sort((one, two) => two.version - one.version);
}
