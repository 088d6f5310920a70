import { useState } from 'react';
import { useLive } from '../../api/live';
import { useLiveRefresh } from './use-live-refresh';

const refreshMs = 800;

interface TailedList {
  rows: { id: string }[] | undefined;
  query: { refetch: () => unknown };
}

/** Follows a list of events: reads it again as they come, or counts those that a paused list does not show yet. */
export function useTail({ rows, query }: TailedList, isLive: boolean) {
  const [news, setNews] = useState<{ ids: ReadonlySet<string>; hasMore: boolean }>({ ids: new Set(), hasMore: false });
  useLiveRefresh(['events'], () => (isLive ? query.refetch() : undefined), refreshMs);
  useLive(
    'events',
    ({ ids, isAll }) => {
      const shown = new Set(rows?.map(({ id }) => id));
      // A change of what is shown already is no new event.
      const fresh = ids.filter((id) => !shown.has(id));
      if (fresh.length > 0 || isAll) {
        setNews((before) => ({ ids: new Set([...before.ids, ...fresh]), hasMore: before.hasMore || isAll }));
      }
    },
    !isLive,
  );
  return {
    waiting: isLive ? 0 : news.ids.size,
    hasMore: news.hasMore,
    show(): void {
      setNews({ ids: new Set(), hasMore: false });
      query.refetch();
    },
  };
}
