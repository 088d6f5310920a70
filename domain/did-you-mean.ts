const maxDistance = 2;
const minContained = 3;
const maxSuggestions = 3;

/**
 * Of the known keys those that somebody who wrote `wanted` may have meant, nearest first: a typing error or two away,
 * or one inside the other. Short keys must be nearer, since two letters are most of them.
 */
export function didYouMean(wanted: string, known: readonly string[]): string[] {
  return known
    .flatMap((key) => {
      const distance = distanceOf(wanted, key);
      return key === wanted || distance === undefined ? [] : [{ key, distance }];
    })
    .sort((a, b) => a.distance - b.distance || (a.key < b.key ? -1 : 1))
    .slice(0, maxSuggestions)
    .map(({ key }) => key);
}

function distanceOf(wanted: string, key: string): number | undefined {
  const shorter = Math.min(wanted.length, key.length);
  // Told by the lengths first: an event's name may be 32 KB long, and edits are counted in a square of that.
  if (Math.abs(wanted.length - key.length) <= maxDistance) {
    const edits = editDistance(wanted, key);
    if (edits <= Math.min(maxDistance, Math.floor(shorter / 3))) return edits;
  }
  const isContained = shorter >= minContained && (wanted.includes(key) || key.includes(wanted));
  return isContained ? maxDistance + Math.abs(wanted.length - key.length) : undefined;
}

/** Letters to insert, remove, replace, or swap with their neighbour (Damerau's optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (beforeLast[column - 2] ?? 0) + 1 : Infinity,
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}
