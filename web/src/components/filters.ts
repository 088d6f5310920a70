import { useSearchParams } from 'react-router';

/**
 * Filters that live in the URL, so that a link shows what its sender saw:
 * `const { values, set, clear, isSet } = useFilters(['status', 'since'])`. Several values of one filter: `all('status')`.
 */
export function useFilters<Name extends string>(names: readonly Name[]) {
  const [params, setParams] = useSearchParams();
  return {
    get: (name: Name): string | undefined => params.get(name) ?? undefined,
    all: (name: Name): string[] => params.getAll(name),
    isSet: names.some((name) => params.has(name)),
    set(name: Name, value: string | readonly string[] | null | undefined): void {
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          next.delete(name);
          for (const part of [value ?? []].flat()) if (part !== '') next.append(name, part);
          return next;
        },
        { replace: true },
      );
    },
    clear: (): void => {
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          for (const name of names) next.delete(name);
          return next;
        },
        { replace: true },
      );
    },
    /** For query keys. */
    text: names.map((name) => `${name}=${params.getAll(name).join(',')}`).join('&'),
  };
}
