import type { TemporalLink } from './connect';

const probeTimeoutMs = 1_000;
const freshMs = 5_000;
const workflowQueue = 1;

/** Asks whether any worker polls the task queue. Remembered for some seconds, since probes come often. */
export function createWorkerProbe(link: TemporalLink, taskQueue: string): () => Promise<boolean> {
  let last: { atMs: number; result: boolean } | undefined;
  return async () => {
    if (last?.result && Date.now() - last.atMs < freshMs) return true;
    const client = link.client();
    if (!client) return false;
    try {
      const { pollers } = await client.withDeadline(Date.now() + probeTimeoutMs, () =>
        client.workflowService.describeTaskQueue({
          namespace: link.namespace,
          taskQueue: { name: taskQueue },
          taskQueueType: workflowQueue,
        }),
      );
      last = { atMs: Date.now(), result: (pollers ?? []).length > 0 };
      return last.result;
    } catch {
      return false;
    }
  };
}
