import { continueAsNew, proxyLocalActivities, setHandler, sleep } from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { DeliveryAction } from '../activities/signal-deliveries';
import { localStep } from './activity-options';
import { recoveryProgressQuery } from './messages';

const { signalDeliveries, clearNotice } = proxyLocalActivities<Activities>(localStep);

/** Deliveries signalled at a time, then a second's pause: what was parked must not push aside what is new. */
const pageSize = 100;
const pauseMs = 1_000;

export interface WebhookRecoveryInput {
  endpointId: string;
  action: DeliveryAction;
  since?: string;
  until?: string;
  /** The moment of the endpoint's change that this carries out; taken off the endpoint at the end. */
  notice?: string;
  /** Pages for one run of this workflow, which bounds its history. */
  pagesPerRun: number;
  /** Where the previous run stopped. */
  afterId?: string;
  signalled?: number;
}

/** Goes through an endpoint's deliveries at a bounded rate: those that failed, are held, or lost their endpoint. */
export async function webhookRecovery(input: WebhookRecoveryInput): Promise<{ signalled: number }> {
  const { endpointId, action, since, until, notice, pagesPerRun } = input;
  const range = { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
  let { afterId, signalled = 0 } = input;
  let isDone = false;
  setHandler(recoveryProgressQuery, () => ({ signalled, isDone }));

  for (let pages = 1; ; pages++) {
    const from = afterId === undefined ? {} : { afterId };
    const page = await signalDeliveries({ endpointId, action, ...range, ...from, limit: pageSize });
    signalled += page.signalled;
    afterId = page.lastId;
    if (afterId === undefined) break;
    await sleep(pauseMs, { summary: `${signalled} so far` });
    if (pages >= pagesPerRun) await continueAsNew<typeof webhookRecovery>({ ...input, afterId, signalled });
  }
  if (notice !== undefined) await clearNotice({ endpointId, since: notice });
  isDone = true;
  return { signalled };
}
