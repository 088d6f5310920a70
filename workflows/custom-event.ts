import { condition, proxyLocalActivities, setHandler } from '@temporalio/workflow';
import type { Activities } from '../activities';
import { localStep } from './activity-options';
import { contactKnownSignal } from './messages';

const { commitMessages, enterWaitingRoom, leaveWaitingRoom, startEffects } =
  proxyLocalActivities<Activities>(localStep);

/** One track: its contact is resolved, waiting durably if need be, the event is recorded, and automations are started. */
export async function customEvent(input: { key: string; lateIdentifyWaitMs: number }): Promise<void> {
  const keys = [input.key];
  let isKnown = false;
  setHandler(contactKnownSignal, () => {
    isKnown = true;
  });

  let effects = await commitMessages({ keys, mayWait: true });
  if (effects.waiting.length > 0) {
    await enterWaitingRoom({ key: input.key });
    // An identify may have come between the first look and the row in the waiting room: look again.
    effects = await commitMessages({ keys, mayWait: true });
    if (effects.waiting.length > 0) {
      await condition(() => isKnown, input.lateIdentifyWaitMs, { summary: 'waits for an identify of its contact' });
      effects = await commitMessages({ keys, mayWait: false });
    }
    await leaveWaitingRoom({ key: input.key });
  }
  if (effects.runs.length > 0) await startEffects(effects);
}
