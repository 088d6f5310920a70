import { eventsOf, ofType } from '../workflows/support/history';
import { untilExecution } from '../workflows/support/look';
import type { Scene, SceneOptions } from '../workflows/support/scene';
import { until } from '../workflows/support/until';

/** One way through a workflow; `play` returns the workflow whose history is kept, and its run if not the newest. */
export interface Shape {
  options?: SceneOptions;
  play: (scene: Scene) => Promise<string | { workflowId: string; runId: string }>;
}

export const hourMs = 3_600_000;

export async function completed(scene: Scene, workflowId: string, status = 'COMPLETED'): Promise<string> {
  await untilExecution(scene, workflowId, status);
  return workflowId;
}

export function waiting(scene: Scene, workflowId: string): Promise<boolean> {
  return until(`${workflowId} waits`, async () => {
    return ofType(await eventsOf(scene.handle(workflowId)), 'TimerStarted').length > 0;
  });
}
