import { useEffect, useEffectEvent, useRef } from 'react';
import { useLive, type Topic } from '../../api/live';

/** Calls `refresh` after changes of these topics, at most once in `everyMs` however many come. */
export function useLiveRefresh(topics: readonly Topic[], refresh: () => unknown, everyMs: number): void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const run = useEffectEvent(refresh);
  const schedule = useEffectEvent(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      run();
    }, everyMs);
  });
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  useLive(topics, () => schedule());
}
