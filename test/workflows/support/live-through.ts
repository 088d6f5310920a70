import { z } from 'zod';
import { stepAt, type Automation, type Step } from '../../../domain/automation';
import type { Contact } from '../../../domain/contact';
import type { EmailNews } from '../../../domain/email-event';
import { positionText } from '../../../domain/step-place';
import type { Assumptions, TimelineKind } from '../../../domain/simulated-timeline';
import { createAfterCommit } from '../../../src/http/after-commit';
import { createLogger } from '../../../src/logger';
import type { AutomationRunDocument } from '../../../src/mongo/automation-runs';
import { createContactWrites } from '../../../src/mongo/contact-writes';
import { emailOf } from './emails';
import { hear, openedNews, runEmailEvents } from './email-seed';
import { eventsOf, isIdle, ofType, type HistoryEvent } from './history';
import type { Scene } from './scene';
import { until } from './until';

const clickedNews: EmailNews = {
  ...{ kind: 'clicked', url: 'https://acme.com/', userAgent: 'Mail', ip: '203.0.113.42', flags: [] },
};

/** One thing that a run did, in the words of simulated timelines. */
export interface Lived {
  atMs: number;
  kind: TimelineKind;
  position: string;
}

interface Deed {
  atMs: number;
  act: () => Promise<unknown>;
}

/**
 * Lets a started run live in a world that does what is assumed of it: time passes from timer to timer, and emails are
 * opened and the contact leaves in between. Nothing here knows what a simulation would say.
 */
export async function liveThrough(
  scene: Scene,
  run: { key: string; automation: Automation; contact: Contact },
  assumed: Assumptions,
): Promise<{ lived: Lived[]; run: AutomationRunDocument; startMs: number }> {
  const started = await runOf(scene, run.key);
  const startMs = started.startedAt.getTime();
  const told = new Set<string>();
  for (;;) {
    await untilQuiet(scene, run.key);
    const current = await runOf(scene, run.key);
    if (current.status !== 'running')
      return { lived: livedOf(scene, current, run.automation.steps), run: current, startMs };
    const deeds = await deedsOf(scene, current, run.contact, assumed, told, startMs);
    const timerMs = await nextTimer(scene, run.key);
    const next = deeds.sort((one, other) => one.atMs - other.atMs)[0];
    const untilMs = Math.min(next?.atMs ?? Infinity, timerMs);
    if (untilMs === Infinity) throw new Error('the run waits for nothing');
    await scene.place.readClock();
    if (untilMs > scene.place.now()) await scene.place.skip(untilMs - scene.place.now() + 50);
    if (next && next.atMs <= timerMs) await next.act();
  }
}

async function runOf({ place }: Scene, key: string): Promise<AutomationRunDocument> {
  const run = await place.stores.runs.get(key);
  if (!run) throw new Error(`no run ${key}`);
  return run;
}

/** Until the run waits or is over, and its emails are sent or held back. */
async function untilQuiet(scene: Scene, key: string): Promise<void> {
  const handle = scene.handle(`automation/${key}`);
  await until('the run and its emails are quiet', async () => {
    if (!(await isIdle(handle))) return false;
    const run = await runOf(scene, key);
    if (run.status === 'running' && (await openTimers(scene, key)).length === 0) return false;
    const emails = await Promise.all(run.log.flatMap(({ emailId }) => (emailId ? [emailOf(scene, emailId)] : [])));
    return emails.every(({ status }) => status === 'delivered' || status === 'skipped' || status === 'failed');
  });
}

/** What the world will do that it has not done yet. */
async function deedsOf(
  scene: Scene,
  run: AutomationRunDocument,
  contact: Contact,
  assumed: Assumptions,
  told: Set<string>,
  startMs: number,
): Promise<Deed[]> {
  const deeds: (Deed & { key: string })[] = [];
  for (const { emailId } of run.log) {
    const email = emailId === undefined ? undefined : await emailOf(scene, emailId);
    if (!email || email.status !== 'delivered') continue;
    for (const [kind, afterMs] of [
      ['opened', assumed.emailOpenedAfterMs],
      ['clicked', assumed.emailClickedAfterMs],
    ] as const) {
      if (afterMs === undefined) continue;
      const news = kind === 'opened' ? openedNews : clickedNews;
      const act = async () => runEmailEvents(scene, [await hear(scene, email._id, news)]);
      deeds.push({ key: `${kind} ${email._id}`, atMs: (email.sentAtMs ?? 0) + afterMs, act });
    }
  }
  if (assumed.contactUnsubscribesAfterMs !== undefined) {
    const atMs = startMs + assumed.contactUnsubscribesAfterMs;
    deeds.push({ key: 'leaves', atMs, act: () => unsubscribe(scene, contact) });
  }
  return deeds
    .filter(({ key }) => !told.has(key))
    .map(({ key, atMs, act }) => ({ atMs, act: () => act().finally(() => told.add(key)) }));
}

async function unsubscribe({ place, starter, workspaceId }: Scene, contact: Contact): Promise<void> {
  const { database, stores, now } = place;
  const wanted = { workspaceId, id: contact.id, patch: { status: 'unsubscribed' as const } };
  const write = await createContactWrites(database, stores).change(wanted, now());
  if (write.kind !== 'saved') throw new Error(write.kind);
  const afterCommit = createAfterCommit({ stores, starter, now, logger: createLogger('silent') });
  await afterCommit({ eventIds: write.eventIds, refs: [], leftContactId: contact.id });
}

async function nextTimer(scene: Scene, key: string): Promise<number> {
  return Math.min(Infinity, ...(await openTimers(scene, key)));
}

const timerSchema = z.object({
  eventTime: z.iso.datetime().transform((text) => Date.parse(text)),
  timerStartedEventAttributes: z.object({
    startToFireTimeout: z.string().transform((text) => parseFloat(text) * 1_000),
  }),
});
const overSchema = z.object({ startedEventId: z.string() });

/** When the timers that the run waits for are due, by its history. */
async function openTimers(scene: Scene, key: string): Promise<number[]> {
  const events = await eventsOf(scene.handle(`automation/${key}`));
  const over = new Set([
    ...ofType(events, 'TimerFired').map((event) => startOf(event['timerFiredEventAttributes'])),
    ...ofType(events, 'TimerCanceled').map((event) => startOf(event['timerCanceledEventAttributes'])),
  ]);
  return ofType(events, 'TimerStarted')
    .filter(({ eventId }) => !over.has(eventId))
    .map(dueMs);
}

function startOf(attributes: unknown): string {
  return overSchema.parse(attributes).startedEventId;
}

function dueMs(event: HistoryEvent): number {
  const { eventTime, timerStartedEventAttributes } = timerSchema.parse(event);
  return eventTime + timerStartedEventAttributes.startToFireTimeout;
}

/** What the run has noted, the calls that the receiver got, and the end. */
function livedOf(scene: Scene, run: AutomationRunDocument, steps: readonly Step[]): Lived[] {
  const prefix = asWebhookId(`${run._id}/`);
  const calls = scene.sender.sent.filter(({ webhookId }) => webhookId.startsWith(prefix));
  const lived: Lived[] = calls.map(({ atMs, webhookId }) => {
    const position = webhookId.slice(prefix.length).replaceAll('-', '.');
    return { atMs, kind: 'webhook-attempt', position };
  });
  for (const { position, at } of run.log) {
    const step = stepAt(steps, position);
    const kind = step && kindOf(step);
    if (kind) lived.push({ atMs: at.getTime(), kind, position: positionText(position) });
  }
  lived.sort((one, other) => one.atMs - other.atMs);
  return [...lived, { atMs: run.endedAt?.getTime() ?? 0, kind: 'end', position: '' }];
}

function asWebhookId(text: string): string {
  return text.replaceAll('/', '_').replaceAll('.', '-');
}

/** The calls of a webhook step are what the receiver got, and the end is the run's. */
function kindOf(step: Step): TimelineKind | undefined {
  switch (step.type) {
    case 'wait':
      return 'wait';
    case 'updateContact':
    case 'addToList':
    case 'removeFromList':
      return 'step';
    case 'sendEmail':
      return 'email';
    case 'condition':
    case 'waitForEmail':
      return 'branch';
    case 'webhook':
    case 'end':
      return undefined;
  }
}
