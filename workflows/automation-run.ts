import {
  CancellationScope,
  condition,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { StepResult } from '../activities/run-step';
import type { StepPosition } from '../domain/automation';
import { attempt, localStep } from './activity-options';
import { contactLeftSignal, emailNewsSignal } from './messages';

const { runStep, endRun, exitReason, dispatchEvents } = proxyLocalActivities<Activities>(localStep);
const { callStepWebhook } = proxyActivities<Activities>(attempt);

type Listening = Extract<StepResult, { kind: 'listen' }>;
type Decided = Exclude<StepResult, Listening>;

/** The steps of one automation for one contact. The steps are read where they are run: this keeps place and time. */
export async function automationRun(input: { runKey: string; retryDelaysMs: number[] }): Promise<void> {
  const { runKey } = input;
  /** What was signalled since a step was last read: that sees by itself what came before. */
  const heard = { news: false, contactLeft: false };
  setHandler(emailNewsSignal, () => void (heard.news = true));
  setHandler(contactLeftSignal, () => void (heard.contactLeft = true));
  const read = (position: StepPosition, isOver = false): Promise<StepResult> => {
    heard.news = heard.contactLeft = false;
    return runStep({ runKey, position, ...(isOver ? { isOver } : {}) });
  };

  /** To its end, unless the contact leaves and the run is over by that: then it gives the reason. */
  const wait = async (durationMs: number, summary: string): Promise<string | undefined> => {
    const untilMs = Date.now() + durationMs;
    while (await condition(() => heard.contactLeft, Math.max(1, untilMs - Date.now()), { summary })) {
      heard.contactLeft = false;
      const reason = await exitReason({ runKey });
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
  /** Until the step that waits for an email takes one of its branches, or its contact has left. */
  const listen = async (at: StepPosition, { durationMs, summary }: Listening): Promise<Decided> => {
    const untilMs = Date.now() + durationMs;
    for (;;) {
      const timeoutMs = Math.max(1, untilMs - Date.now());
      const isHeard = await condition(() => heard.news || heard.contactLeft, timeoutMs, { summary });
      const step = await read(at, !isHeard);
      if (step.kind !== 'listen') return step;
    }
  };
  /** A receiver that fails is called again along the timeline. */
  const call = async (position: StepPosition): Promise<{ next?: StepPosition; reason?: string }> => {
    for (let attempts = 0; ; attempts++) {
      const answer = await callStepWebhook({ ...input, position, attempt: attempts });
      if (answer.kind === 'next') return answer;
      const reason = await wait(answer.delayMs, `retry ${attempts + 1} of ${input.retryDelaysMs.length}`);
      if (reason !== undefined) return { reason };
    }
  };

  let position: StepPosition | undefined = [0];
  let stopped: string | undefined;
  try {
    while (position && stopped === undefined) {
      const looked: StepResult = await read(position);
      const step: Decided = looked.kind === 'listen' ? await listen(position, looked) : looked;
      switch (step.kind) {
        case 'next':
          if (step.eventIds.length > 0) await dispatchEvents({ eventIds: step.eventIds });
          position = step.next;
          break;
        case 'wait':
          stopped = await wait(step.durationMs, step.summary);
          position = step.next;
          break;
        case 'call':
          ({ next: position, reason: stopped } = await call(position));
          break;
        case 'stop':
          stopped = step.reason;
          break;
      }
    }
    const end =
      stopped === undefined ? { status: 'completed' as const } : { status: 'stopped' as const, reason: stopped };
    await endRun({ runKey, ...end });
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(() => endRun({ runKey, status: 'stopped', reason: 'cancelled' }));
    throw error;
  }
}
