import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';

export interface Page<Row> {
  data: Row[];
  nextCursor: string | null;
}

/** A list of the API, page by page: `rows` holds the pages that were loaded so far. */
export function usePages<Row>(queryKey: readonly unknown[], load: (cursor: string | undefined) => Promise<Page<Row>>) {
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => load(pageParam ?? undefined),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    // Another filter shows the old rows, dimmed, until the new ones are there: nothing jumps.
    placeholderData: keepPreviousData,
  });
  return { query, rows: query.data?.pages.flatMap((page) => page.data) };
}
