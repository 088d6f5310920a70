import type { Pace } from '../client/load';
import { streamOf, type Stand } from '../system/stand';

/** The first events pay for compilers, caches and connections; they are sent before anything is measured. */
const pace: Pace = { kind: 'closed', clients: 32, durationMs: 3_000, maxPosts: 1_500 };

/** Sends some events that are not counted. */
export async function warmUp(stand: Stand): Promise<void> {
  const tenant = await stand.addTenant('warm-up', ['/warm-up']);
  // What the last of them still does behind its webhook is not to fall into the measurement.
  await stand.measure('warm-up', [streamOf(tenant, pace)], { listenOnMs: 2_000 });
}
