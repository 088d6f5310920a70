import { proxyLocalActivities } from '@temporalio/workflow';
import type { BareActivities } from './bare-process';

const { nothing } = proxyLocalActivities<BareActivities>({ startToCloseTimeout: '10s' });

/** The least that a workflow can be. */
export async function empty(): Promise<void> {}

/** The least that does something: what one event would cost by a workflow of its own, without the product's work in it. */
export async function oneActivity(): Promise<void> {
  await nothing();
}
