import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import type { Attempt, Delivery, DeliveryStatus } from '../../../domain/delivery';
import type { AutomationRunDocument } from '../../../src/mongo/automation-runs';
import type { MessageDocument } from '../../../src/mongo/messages';
import type { Scene } from './scene';
import { until } from './until';

export async function deliveryOf({ place }: Scene, id: string): Promise<Delivery> {
  const delivery = await place.stores.deliveries.find(id);
  if (!delivery) throw new Error(`no delivery ${id}`);
  return delivery;
}

/** All deliveries of the scene, or those of one endpoint, in the order in which they were made. */
export async function deliveriesOf({ place, workspaceId }: Scene, endpointId?: string): Promise<Delivery[]> {
  const { collection } = place.stores.deliveries;
  const filter = { workspaceId, ...(endpointId === undefined ? {} : { endpointId }) };
  const rows = await collection.find(filter).sort({ _id: 1 }).project<{ _id: string }>({ _id: 1 }).toArray();
  const ids = rows.map(({ _id }) => _id);
  const found = new Map((await place.stores.deliveries.byIds(ids)).map((delivery) => [delivery.id, delivery]));
  return ids.flatMap((id) => found.get(id) ?? []);
}

/** All deliveries of the scene once each shows the status. */
export function untilAll(scene: Scene, status: DeliveryStatus): Promise<Delivery[]> {
  return until(`all deliveries are ${status}`, async () => {
    const deliveries = await deliveriesOf(scene);
    return deliveries.every((delivery) => delivery.status === status) && deliveries;
  });
}

/** All deliveries of the scene once each was attempted, and none that failed is on its way to what carries it on. */
export function untilHandedOver(scene: Scene): Promise<Delivery[]> {
  return until('what failed is handed over', async () => {
    const deliveries = await deliveriesOf(scene);
    const isOnItsWay = ({ status, workflowId }: Delivery): boolean =>
      status === 'pending' || (status === 'retrying' && !/^(delivery|retry-group)\//.test(workflowId));
    return !deliveries.some(isOnItsWay) && deliveries;
  });
}

export function attemptsOf({ place }: Scene, id: string): Promise<Attempt[]> {
  return place.stores.attempts.list(id);
}

/** The delivery once its row shows the status. */
export function untilStatus(scene: Scene, id: string, status: DeliveryStatus): Promise<Delivery> {
  return until(`delivery ${id} is ${status}`, async () => {
    const delivery = await deliveryOf(scene, id);
    return delivery.status === status && delivery;
  });
}

/** The attempts once there are this many. */
export function untilAttempts(scene: Scene, id: string, count: number): Promise<Attempt[]> {
  return until(`delivery ${id} has ${count} attempts`, async () => {
    const attempts = await attemptsOf(scene, id);
    return attempts.length >= count && attempts;
  });
}

/** A delivery names the workflow that carries it a moment before that is started. */
export function untilStarted(scene: Scene, workflowId: string): Promise<boolean> {
  return until(`${workflowId} is started`, () =>
    executionStatus(scene, workflowId).then(
      () => true,
      (error: unknown) => {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      },
    ),
  );
}

/** How a workflow's newest run stands for Temporal: RUNNING, COMPLETED, FAILED, CANCELLED. */
export async function executionStatus(scene: Scene, workflowId: string): Promise<string> {
  return (await scene.handle(workflowId).describe()).status.name;
}

export function untilExecution(scene: Scene, workflowId: string, status: string): Promise<boolean> {
  return until(`${workflowId} is ${status}`, async () => (await executionStatus(scene, workflowId)) === status);
}

/** What a workflow failed with. */
export async function failureOf(scene: Scene, workflowId: string): Promise<Error | undefined> {
  try {
    await scene.handle(workflowId).result();
  } catch (error) {
    if (error instanceof WorkflowFailedError) return error.cause;
    throw error;
  }
  throw new Error(`${workflowId} did not fail`);
}

/** A message as it stands in the inbox now. */
export async function messageOf({ place }: Scene, key: string): Promise<MessageDocument> {
  const [message] = await place.stores.messages.byKeys([key]);
  if (!message) throw new Error(`no message ${key}`);
  return message;
}

/** The message once it has its outcome. */
export function untilDone(scene: Scene, key: string): Promise<MessageDocument> {
  return until(`message ${key} is done`, async () => {
    const message = await messageOf(scene, key);
    return message.state === 'done' && message;
  });
}

/** The run once it has ended. */
export function untilEnded({ place }: Scene, runKey: string): Promise<AutomationRunDocument> {
  return until(`run ${runKey} has ended`, async () => {
    const run = await place.stores.runs.get(runKey);
    return run?.status === 'running' ? undefined : run;
  });
}
