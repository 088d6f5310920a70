import type { DeliveryStatus } from '../../domain/delivery';
import {
  fillGrid,
  gridOf,
  stretchesOf,
  type OverviewCount,
  type OverviewRange,
  type Stretch,
  type Tally,
} from '../../domain/overview';
import type { WebhookEventType } from '../../domain/webhook-events';
import {
  goneOutStatuses,
  isTimeUp,
  type BucketCount,
  type CountWindow,
  type StatisticsStore,
} from '../mongo/statistics';
import type { WebhookEndpoint } from '../mongo/webhook-endpoints';

/** All counts of a range together; what is not counted by then is left out, the oldest first. */
const countWithinMs = 2_000;
/** Each of the other questions. */
const askWithinMs = 1_000;

type EventCounts = Record<'delivered' | 'failed' | 'retrying' | 'all', number>;
interface Counted {
  tallies: Tally[];
  byEvent: Map<WebhookEventType, EventCounts>;
}

/** What an endpoint's deliveries wait for or have failed by. */
export interface EndpointFailures {
  endpoint: Pick<WebhookEndpoint, 'id' | 'url' | 'description' | 'status' | 'statusReason'>;
  retrying: number;
  failed: number;
  oldestAt: Date | undefined;
  nextAttemptAt: Date | undefined;
  /** Of the newest failures: a status code or a class of error, and how many. */
  causes: { cause: string; count: number }[];
}

/** The numbers of a range; `undefined` where there was too much to count in time. */
export async function overviewOf(
  deps: { statistics: StatisticsStore; endpointsOf: (workspaceId: string) => Promise<WebhookEndpoint[]> },
  workspaceId: string,
  range: OverviewRange,
  nowMs: number,
) {
  const { statistics } = deps;
  const grid = gridOf(range, nowMs);
  const startMs = grid.startsMs[0] ?? nowMs;
  const inStatus = (status: DeliveryStatus) => inTime(statistics.inStatus(workspaceId, status, askWithinMs));
  const [retrying, pending, held, unresolved, failures, steps] = await Promise.all([
    inStatus('retrying'),
    inStatus('pending'),
    inStatus('held'),
    inTime(statistics.unresolved(workspaceId, startMs, askWithinMs)),
    failuresOf(deps, workspaceId, startMs),
    statistics.firstSteps(workspaceId),
  ]);
  // Last, as it takes all the time there is: what fails now must not be missing for it.
  const counted = await countGrid(statistics, workspaceId, grid.bucketMs, stretchesOf(grid), nowMs);
  const isCut = [retrying, pending, held, unresolved, failures].includes(undefined);
  return {
    nowMs,
    bucketMs: grid.bucketMs,
    sinceMs: counted.sinceMs,
    isPartial: counted.sinceMs > startMs || isCut,
    ...fillGrid(grid, counted.sinceMs, counted.tallies),
    byEvent: [...counted.byEvent].map(([event, counts]) => ({ event, ...counts })).sort((a, b) => b.all - a.all),
    ...{ queue: { retrying, pending, held }, unresolved, failures: failures ?? [], steps },
  };
}
export type Overview = Awaited<ReturnType<typeof overviewOf>>;

/** Counts from the newest stretch back, as far as the time allows. */
async function countGrid(
  statistics: StatisticsStore,
  workspaceId: string,
  bucketMs: number,
  stretches: readonly Stretch[],
  nowMs: number,
): Promise<Counted & { sinceMs: number }> {
  const endMs = performance.now() + countWithinMs;
  const counted: Counted = { tallies: [], byEvent: new Map() };
  let sinceMs = nowMs;
  for (const { fromMs, untilMs } of stretches) {
    const withinMs = endMs - performance.now();
    if (withinMs < 1) break;
    const found = await inTime(countStretch(statistics, { workspaceId, fromMs, untilMs, bucketMs, withinMs }));
    if (found === undefined) break;
    counted.tallies.push(...found.tallies);
    for (const [event, counts] of found.byEvent) addTo(counted.byEvent, event, counts);
    sinceMs = fromMs;
  }
  return { ...counted, sinceMs };
}

async function countStretch(statistics: StatisticsStore, window: CountWindow): Promise<Counted> {
  const [messages, rejections, deliveries, emails, opened, clicked] = await Promise.all([
    statistics.messages(window),
    statistics.rejections(window),
    statistics.deliveries(window),
    Promise.all(goneOutStatuses.map((status) => statistics.emails(window, status))),
    statistics.doings(window, 'opened'),
    statistics.doings(window, 'clicked'),
  ]);
  const as = (what: OverviewCount, rows: readonly BucketCount[]): Tally[] =>
    rows.map(({ atMs, count }) => ({ atMs, what, count }));
  const byEvent: Counted['byEvent'] = new Map();
  for (const { eventType, status, count } of deliveries) {
    addTo(byEvent, eventType, {
      delivered: status === 'delivered' ? count : 0,
      failed: status === 'failed' ? count : 0,
      retrying: status === 'retrying' ? count : 0,
      all: count,
    });
  }
  const made = (status: DeliveryStatus) => deliveries.filter((row) => row.status === status);
  return {
    tallies: [
      ...as('received', messages),
      ...as('rejected', rejections),
      ...as('delivered', made('delivered')),
      ...as('failed', made('failed')),
      ...as('retrying', made('retrying')),
      ...as('emailsSent', emails.flat()),
      ...as('bounced', emails[goneOutStatuses.indexOf('bounced')] ?? []),
      ...as('opened', opened),
      ...as('clicked', clicked),
    ],
    byEvent,
  };
}

function addTo(all: Counted['byEvent'], event: WebhookEventType, more: EventCounts): void {
  const before = all.get(event) ?? { delivered: 0, failed: 0, retrying: 0, all: 0 };
  all.set(event, {
    delivered: before.delivered + more.delivered,
    failed: before.failed + more.failed,
    retrying: before.retrying + more.retrying,
    all: before.all + more.all,
  });
}

/** Endpoints with failures, those with the most first. */
async function failuresOf(
  { statistics, endpointsOf }: Parameters<typeof overviewOf>[0],
  workspaceId: string,
  sinceMs: number,
): Promise<EndpointFailures[] | undefined> {
  const endpoints = await endpointsOf(workspaceId);
  const found = await inTime(
    Promise.all(
      endpoints.map(async (endpoint): Promise<EndpointFailures> => {
        const { recent, ...rest } = await statistics.failuresOf(workspaceId, endpoint.id, sinceMs, askWithinMs);
        return { endpoint, ...rest, causes: causesOf(recent) };
      }),
    ),
  );
  return found
    ?.filter(({ retrying, failed }) => retrying + failed > 0)
    .sort((a, b) => b.retrying + b.failed - (a.retrying + a.failed));
}

function causesOf(recent: readonly { lastStatusCode?: number; lastError?: string }[]): EndpointFailures['causes'] {
  const counts = new Map<string, number>();
  for (const { lastStatusCode, lastError } of recent) {
    const cause = lastStatusCode === undefined ? (lastError ?? 'unknown') : String(lastStatusCode);
    counts.set(cause, (counts.get(cause) ?? 0) + 1);
  }
  return [...counts].map(([cause, count]) => ({ cause, count })).sort((a, b) => b.count - a.count);
}

async function inTime<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isTimeUp(error)) return undefined;
    throw error;
  }
}
