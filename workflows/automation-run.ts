import { CancellationScope, isCancellation, proxyActivities, proxyLocalActivities, sleep } from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { StepResult } from '../activities/run-step';
import type { StepPosition } from '../domain/automation';
import { attempt, localStep } from './activity-options';

const { runStep, endRun, dispatchEvents } = proxyLocalActivities<Activities>(localStep);
const { callStepWebhook } = proxyActivities<Activities>(attempt);

/** The steps of one automation for one contact. The steps are read where they are run: this keeps place and time. */
export async function automationRun(input: { runKey: string; retryDelaysMs: number[] }): Promise<void> {
  const { runKey } = input;
  let position: StepPosition | undefined = [0];
  try {
    while (position) {
      const step: StepResult = await runStep({ runKey, position });
      switch (step.kind) {
        case 'next':
          if (step.eventIds.length > 0) await dispatchEvents({ eventIds: step.eventIds });
          position = step.next;
          break;
        case 'wait':
          await sleep(step.durationMs, { summary: step.summary });
          position = step.next;
          break;
        case 'call':
          position = await callUntilAnswered(input, position);
          break;
        case 'stop':
          return await endRun({ runKey, status: 'stopped', reason: step.reason });
      }
    }
    await endRun({ runKey, status: 'completed' });
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(() => endRun({ runKey, status: 'stopped', reason: 'cancelled' }));
    throw error;
  }
}

async function callUntilAnswered(
  input: { runKey: string; retryDelaysMs: number[] },
  position: StepPosition,
): Promise<StepPosition | undefined> {
  for (let attempts = 0; ; attempts++) {
    const call = await callStepWebhook({ ...input, position, attempt: attempts });
    if (call.kind === 'next') return call.next;
    await sleep(call.delayMs, { summary: `retry ${attempts + 1} of ${input.retryDelaysMs.length}` });
  }
}
