import { useEffect } from 'react';
import { useBlocker } from 'react-router';
import { useConfirm } from './confirm';

/** The state of a navigation that the page does itself, after saving or deleting. */
export const unguarded = 'unguarded';

/** Asks before what was typed and not saved is left behind. */
export function useLeaveGuard(isDirty: boolean): void {
  const ask = useConfirm();
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      isDirty && nextLocation.state !== unguarded && currentLocation.pathname !== nextLocation.pathname,
  );
  useEffect(() => {
    if (blocker.state !== 'blocked') return;
    const question = {
      title: 'Leave without saving?',
      text: 'What you have changed here is lost then.',
      action: 'Leave without saving',
      isDangerous: true,
    };
    void ask(question).then((isSure) => (isSure ? blocker.proceed() : blocker.reset()));
  }, [ask, blocker]);
  useEffect(() => {
    if (!isDirty) return;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [isDirty]);
}
