import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { workflowIds } from '../../domain/ids';
import { searchAttributes } from '../../workflows/messages';
import { taskQueue } from './start';

const sweepScheduleId = 'emailsendx-sweep';
const sweepEvery = '10s';
/** Younger than this a message is most likely still being started by the gateway that took it. */
const sweepOlderThanMs = 10_000;
/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's API. */
const keywordType = 2;

/** Names of the search attributes that a namespace does not know. */
export async function missingSearchAttributes(connection: NativeConnection, namespace: string): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return Object.values(searchAttributes)
    .map(({ name }) => name)
    .filter((name) => !(name in customAttributes));
}

/** Registers the search attributes that are missing; an unregistered one would refuse the start of every delivery. */
export async function registerSearchAttributes(connection: NativeConnection, namespace: string): Promise<void> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length === 0) return;
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, keywordType])),
    });
  } catch (error) {
    const commands = missing.map((name) => `temporal operator search-attribute create --name ${name} --type Keyword`);
    throw new Error(
      `Temporal refused to register search attributes in namespace ${namespace}; create them once by hand:\n${commands.join('\n')}`,
      { cause: error },
    );
  }
}

/** Makes the Temporal Schedule of the sweep, and has it run once now: something may have been left behind. */
export async function ensureSweep(client: Client): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId: sweepScheduleId,
      spec: { intervals: [{ every: sweepEvery }] },
      action: {
        type: 'startWorkflow',
        workflowType: 'sweep',
        workflowId: workflowIds.sweep,
        taskQueue,
        args: [{ olderThanMs: sweepOlderThanMs }],
      },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1m' },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
  await client.schedule.getHandle(sweepScheduleId).trigger(ScheduleOverlapPolicy.SKIP);
}
