import { useQueryClient, type InfiniteData } from '@tanstack/react-query';
import { useThrottledCallback } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { serverNowMs } from '../../api/client';
import { useLive } from '../../api/live';
import { usePages, type Page } from '../../api/pages';
import { queryOf, type Filters } from './log-query';
import { mergeHead } from './merge-head';
import { loadDeliveries, type DeliveryRow } from './queries';

/** However much changes, the newest page is read this often. */
const lookEveryMs = 1_000;
/** In case that no news come through. */
const lookAnywayMs = 15_000;

/**
 * The log with what is new on top as it comes. While it is held (paused, or rows are chosen, or further pages are open)
 * rows are brought up to date in their places, and what is new is counted.
 */
export function useLiveLog(filters: Filters & { text: string }, isHeld: boolean) {
  const queries = useQueryClient();
  const queryKey = ['deliveries', filters.text];
  const [waiting, setWaiting] = useState(0);
  const list = usePages<DeliveryRow>(queryKey, (cursor) => loadDeliveries(queryOf(filters, serverNowMs()), cursor));
  const hasMorePages = (list.query.data?.pages.length ?? 0) > 1;

  const look = async (wantsNew: boolean): Promise<void> => {
    const head = await loadDeliveries(queryOf(filters, serverNowMs()));
    const shown = queries.getQueryData<InfiniteData<Page<DeliveryRow>>>(queryKey);
    if (!shown) return;
    const merged = mergeHead(shown, head, wantsNew);
    if (merged === 'load anew') {
      setWaiting(0);
      return queries.resetQueries({ queryKey, exact: true });
    }
    setWaiting(merged.waiting);
    queries.setQueryData(queryKey, merged.loaded);
  };
  // What fails here is tried again with the next change.
  const lookAgain = useThrottledCallback(() => void look(!isHeld && !hasMorePages).catch(() => undefined), lookEveryMs);
  useLive('deliveries', lookAgain);
  useEffect(() => {
    const timer = setInterval(lookAgain, lookAnywayMs);
    return () => clearInterval(timer);
  }, [lookAgain]);
  useEffect(() => setWaiting(0), [filters.text]);

  return { list, waiting, showNew: () => void look(true).catch(() => undefined) };
}
