import { useEffect, useEffectEvent, type RefObject } from 'react';
import { useBlocker } from 'react-router';
import { useConfirm } from '../../components/confirm';

/** Asks before a page with changes that are not saved is left; `isLeaving` lets through what the page does itself. */
export function useLeaveGuard(isDirty: boolean, isLeaving: RefObject<boolean>): void {
  const ask = useConfirm();
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      isDirty && !isLeaving.current && currentLocation.pathname !== nextLocation.pathname,
  );
  const decide = useEffectEvent(async () => {
    const isSure = await ask({
      title: 'Leave without saving?',
      text: 'Your changes to this automation are lost when you leave the page.',
      action: 'Leave',
      isDangerous: true,
    });
    if (isSure) blocker.proceed?.();
    else blocker.reset?.();
  });
  useEffect(() => {
    if (blocker.state === 'blocked') void decide();
  }, [blocker.state]);
  useEffect(() => {
    if (!isDirty) return;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [isDirty]);
}
