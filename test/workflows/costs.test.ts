import { readFileSync } from 'node:fs';
import path from 'node:path';
import { standardRetryDelaysMs } from '../../domain/retry-timeline';
import { createContactWrites } from '../../src/mongo/contact-writes';
import { newId } from '../../src/mongo/new-id';
import { addAudience, addCampaign, workflowIdOf } from './support/campaigns';
import { costOf, plus, type Cost } from './support/actions';
import { addSentEmail, hear, runEmailEvents } from './support/email-seed';
import { queueEmail } from './support/emails';
import { eventsOf, ofType, parseHistory } from './support/history';
import { people, storeImport } from './support/people';
import { deliveriesOf, untilAll, untilEnded, untilExecution, untilHandedOver } from './support/look';
import type { Scene } from './support/scene';
import { failingFirst } from './support/scripted-sender';
import {
  addContact,
  addEndpoint,
  insertEvents,
  prepareRun,
  receive,
  receiveIdentifies,
  runBatch,
  runGroup,
  saveAutomation,
  startDelivery,
} from './support/seed';
import { setStage } from './support/stage';
import { until } from './support/until';

const stage = setStage();
const root = path.join(__dirname, '../..');
const sheet = readFileSync(path.join(root, 'docs/costs.md'), 'utf8');

/** The rows of the sheet's table under a header, by their first cell. */
function rowsUnder(header: string): Map<string, string[]> {
  const lines = sheet.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${header}`));
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return new Map(
    lines.slice(start + 2, end).map((line) => {
      const [name = '', ...cells] = line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim());
      return [name, cells];
    }),
  );
}
function numberIn(cell: string | undefined): number {
  return Number((cell ?? '').replace(/[^\d.]/g, ''));
}

async function runCost(scene: Scene, workflowId: string, status = 'COMPLETED', runId?: string): Promise<Cost> {
  if (runId === undefined) await untilExecution(scene, workflowId, status);
  return costOf(await eventsOf(scene.handle(workflowId, runId)));
}

async function upsert(scene: Scene): Promise<Cost> {
  const [key] = await receiveIdentifies(scene, 1);
  await scene.starter.startContactUpsert(key ?? '');
  return runCost(scene, `identify/${key}`);
}

/** A webhookDelivery that is delivered at its attempt number `attempts`. */
async function deliveredAt(attempts: number): Promise<Cost> {
  const scene = await stage.open();
  scene.sender.follow((_request, index) => (index + 1 < attempts ? 500 : 200));
  const { workflowId } = await startDelivery(scene);
  await scene.place.skip(6_200_000);
  return runCost(scene, workflowId);
}

/** The first run of a lane in which so many deliveries wait, which ends after so many pages. */
async function laneRun(pages: number, deliveries: number): Promise<Cost> {
  const scene = await stage.open({
    replace: ({ starter }) => ({ starter: { ...starter, startDispatch: () => Promise.resolve() } }),
  });
  const endpointId = await addEndpoint(scene);
  await scene.activities.dispatchEvents({ eventIds: await insertEvents(scene, deliveries) });
  const input = { endpointId, retryDelaysMs: [...standardRetryDelaysMs], pagesPerRun: pages };
  const workflowId = `dispatch/${endpointId}`;
  const { firstExecutionRunId } = await scene.start('webhookDispatch', workflowId, input);
  await until('the run has continued as new', async () => {
    const events = await eventsOf(scene.handle(workflowId, firstExecutionRunId));
    return ofType(events, 'WorkflowExecutionContinuedAsNew').length > 0;
  });
  return runCost(scene, workflowId, '', firstExecutionRunId);
}

async function page(): Promise<Cost> {
  return plus(await laneRun(2, 600), await laneRun(1, 300), -1);
}
async function emptyLane(): Promise<Cost> {
  const scene = await stage.open();
  const endpointId = await addEndpoint(scene);
  const workflowId = `dispatch/${endpointId}`;
  await scene.start('webhookDispatch', workflowId, { endpointId, retryDelaysMs: [], pagesPerRun: 10 });
  await scene.place.skip(5_000);
  await untilExecution(scene, workflowId, 'COMPLETED');
  return runCost(scene, workflowId);
}

/** A recovery of so many full pages that are delivered at once, with its retry groups. */
async function recovery(pages: number): Promise<Cost> {
  const scene = await stage.open({ retryDelaysMs: [] });
  const endpointId = await addEndpoint(scene);
  scene.sender.follow(() => 500);
  await runGroup(scene, pages * 100);
  await untilAll(scene, 'failed');
  scene.sender.follow(() => 200);
  const since = new Date(0).toISOString();
  await scene.starter.startRecovery({ endpointId, since, until: new Date(scene.place.now() + 1_000).toISOString() });
  await scene.place.skip((pages + 1) * 1_100);
  await untilAll(scene, 'delivered');
  let cost = await runCost(scene, `recovery/${endpointId}/${since}`);
  const groups = new Set((await deliveriesOf(scene)).map(({ workflowId }) => workflowId));
  for (const group of groups) cost = plus(cost, await runCost(scene, group));
  return cost;
}

/** An email that is put off so many times before it is taken. */
async function emailPutOff(times: number): Promise<Cost> {
  const scene = await stage.open();
  scene.mailer.follow((_mail, index) => (index < times ? '421 later' : '250 taken'));
  const { id, workflowId } = await queueEmail(scene);
  await scene.starter.startEmailSend(id);
  await scene.place.skip(3_600_000);
  return runCost(scene, workflowId);
}

/** So many opens that are worked off together, with a webhook for each. */
async function opens(count: number): Promise<Cost> {
  const scene = await stage.open();
  await addEndpoint(scene, { events: ['email.opened'] });
  const { id } = await addSentEmail(scene);
  const keys: [string, ...string[]] = [await hear(scene, id)];
  while (keys.length < count) keys.push(await hear(scene, id));
  const cost = await runCost(scene, await runEmailEvents(scene, keys));
  const [delivery] = await untilAll(scene, 'delivered');
  return count > 1 ? cost : plus(cost, await runCost(scene, delivery?.workflowId ?? ''));
}

/** A campaign whose emails come to so many chunks, two emails to each, and one that finds nothing more. */
async function campaign(chunks: number): Promise<Cost> {
  const scene = await stage.open();
  const contacts = await addAudience(scene, 2 * chunks);
  const made = await addCampaign(scene, { listIds: contacts[0]?.listIds ?? [], ratePerSecond: 1 });
  await scene.starter.tellCampaign(made);
  return runCost(scene, workflowIdOf(made));
}

async function importCost(lines: number): Promise<Cost> {
  const scene = await stage.open();
  const id = await storeImport(scene, people(lines));
  await scene.starter.startContactImport(id);
  return runCost(scene, `import/${id}`);
}

const paths: Record<string, () => Promise<Cost>> = {
  async 'identify, nobody listens'() {
    return upsert(await stage.open());
  },
  async 'track of a known contact that starts a run'() {
    const scene = await stage.open();
    await saveAutomation(scene, { eventName: 'Opened', steps: [{ type: 'end' }] });
    await addContact(scene, { userId: 'u1' });
    const key = await receive(scene, { type: 'track', userId: 'u1', event: 'Opened' });
    await scene.starter.startCustomEvent(key);
    return runCost(scene, `track/${key}`);
  },
  async 'track that waits for its identify and starts a run'() {
    const scene = await stage.open();
    await saveAutomation(scene, { eventName: 'Opened', steps: [{ type: 'end' }] });
    const key = await receive(scene, { type: 'track', userId: 'late', event: 'Opened' });
    await scene.starter.startCustomEvent(key);
    const handle = scene.handle(`track/${key}`);
    await until('the track waits', async () => ofType(await eventsOf(handle), 'TimerStarted').length > 0);
    await runBatch(scene, [
      await receive(scene, { type: 'identify', userId: 'late', traits: { email: 'late@example.com' } }),
    ]);
    return runCost(scene, `track/${key}`);
  },
  async 'automation run with a wait'() {
    const scene = await stage.open();
    const { key } = await prepareRun(scene, [{ type: 'wait', duration: '1d' }, { type: 'end' }]);
    await scene.starter.startAutomationRun({ key });
    await scene.place.skip(86_500_000);
    await untilEnded(scene, key);
    return runCost(scene, `automation/${key}`);
  },
  async 'identify, one webhook delivered at once'() {
    const scene = await stage.open();
    await addEndpoint(scene);
    const cost = await upsert(scene);
    const [delivery] = await untilAll(scene, 'delivered');
    return plus(cost, await runCost(scene, delivery?.workflowId ?? ''));
  },
  async 'each further attempt'() {
    return plus(await deliveredAt(4), await deliveredAt(3), -1);
  },
  async 'a delivery that fails its whole round and closes'() {
    const scene = await stage.open();
    scene.sender.follow(() => 500);
    const { workflowId } = await startDelivery(scene);
    await scene.place.skip(6_200_000);
    await untilAll(scene, 'failed');
    await scene.place.skip(8 * 86_400_000);
    return runCost(scene, workflowId, 'FAILED');
  },
  async 'a group of 100 identifies, 100 webhooks delivered'() {
    const scene = await stage.open();
    await addEndpoint(scene);
    const { workflowId } = await runGroup(scene, 100);
    return runCost(scene, workflowId);
  },
  async 'the same, all delivered at their third attempt'() {
    const scene = await stage.open();
    const endpointId = await addEndpoint(scene);
    scene.sender.follow(failingFirst(100, 2));
    const { workflowId } = await runGroup(scene, 100);
    const carriers = new Set((await untilHandedOver(scene)).map((delivery) => delivery.workflowId));
    expect(carriers.size).toBe(1);
    await scene.place.skip(160_000);
    await untilAll(scene, 'delivered');
    let cost = await runCost(scene, workflowId);
    for (const carrier of carriers) cost = plus(cost, await runCost(scene, carrier));
    await untilExecution(scene, `dispatch/${endpointId}`, 'COMPLETED');
    return plus(cost, await runCost(scene, `dispatch/${endpointId}`));
  },
  'a page of 300 in a lane': page,
  'a lane that finds nothing': emptyLane,
  async 'a recovery of 10,000 that a group carried'() {
    const [two, three] = [await recovery(2), await recovery(3)];
    return plus(two, plus(three, two, -1), 98);
  },
  'a single email, nobody listens': () => emailPutOff(0),
  async 'each time that a server puts it off'() {
    return plus(await emailPutOff(2), await emailPutOff(1), -1);
  },
  'an open, one webhook delivered at once': () => opens(1),
  'a group of 100 opens, 100 webhooks delivered': () => opens(100),
  'a campaign of one chunk': () => campaign(1),
  async 'each further chunk of a campaign'() {
    return plus(await campaign(3), await campaign(2), -1);
  },
  async 'an import of up to 2,000 lines'() {
    return importCost(10);
  },
  async 'each further 2,000 lines'() {
    return plus(await importCost(2_001), await importCost(10), -1);
  },
  async 'the removal of a person'() {
    const scene = await stage.open();
    const { id } = await addContact(scene);
    const { place, workspaceId } = scene;
    await createContactWrites(place.database, place.stores).remove(workspaceId, id, place.now());
    await scene.starter.startContactErase(id);
    return runCost(scene, `erase/${id}`);
  },
  async 'a sweep that finds nothing'() {
    const scene = await stage.open();
    const workflowId = `sweep-${newId('workspace')}`;
    await scene.start('sweep', workflowId, { olderThanMs: 10_000 });
    // The Schedule that starts it is two Actions more, which stand in no history.
    return plus(await runCost(scene, workflowId), { events: 0, actions: 2 });
  },
};

/** Paths whose histories were recorded on a real server as well, in test/replay/histories. */
const recorded: Record<string, string[]> = {
  'identify, nobody listens': ['contact-upsert.changed'],
  'track of a known contact that starts a run': ['custom-event.known'],
  'track that waits for its identify and starts a run': ['custom-event.waited'],
  'automation run with a wait': ['automation-run.wait'],
  'identify, one webhook delivered at once': ['contact-upsert.changed', 'webhook-delivery.first-try'],
  'a group of 100 identifies, 100 webhooks delivered': ['ingest-batch.group-first-attempts'],
  'an import of up to 2,000 lines': ['contact-import.one-page'],
  'the removal of a person': ['contact-erase.one-pass'],
  'a single email, nobody listens': ['email-send.delivered-unasked'],
  'an open, one webhook delivered at once': ['email-event.one-webhook', 'webhook-delivery.first-try'],
  'a group of 100 opens, 100 webhooks delivered': ['email-event.group'],
};

/** What a million of something, or a month, comes to: Actions by the table of the paths. */
const bills: Record<string, (of: (name: string) => number) => number> = {
  'a million identifies at rest, nobody listens': (of) => 1e6 * of('identify, nobody listens'),
  'a million identifies at rest, one webhook each': (of) => 1e6 * of('identify, one webhook delivered at once'),
  'a million identifies under load, one webhook each': (of) =>
    1e4 * of('a group of 100 identifies, 100 webhooks delivered'),
  'the same, all delivered at their third attempt': (of) => 1e4 * of('the same, all delivered at their third attempt'),
  'a million deliveries recovered': (of) => 100 * of('a recovery of 10,000 that a group carried'),
  'a campaign to a million at 100 a second': (of) =>
    // A run of the workflow has 50 chunks, and the last one finds that nothing is left.
    of('a campaign of one chunk') + 4_999 * of('each further chunk of a campaign') + 100,
  'an import of a million lines': (of) =>
    // A run of the workflow has 100 pages.
    of('an import of up to 2,000 lines') + 499 * of('each further 2,000 lines') + 4,
  '30 days of sweeps, one every 10 s': (of) => 30 * 8_640 * of('a sweep that finds nothing'),
};

describe('the cost sheet', () => {
  const stated = rowsUnder('path');
  const costIn = ([events, actions]: string[] = []): Cost => ({ events: numberIn(events), actions: numberIn(actions) });

  it('has a row for each path that is measured', () => {
    expect([...stated.keys()]).toEqual(Object.keys(paths));
  });

  it.each(Object.keys(paths))('states what the histories say: %s', async (name) => {
    expect(await paths[name]?.()).toEqual(costIn(stated.get(name)));
  });

  it.each(Object.keys(recorded))('states what the histories of a real server say: %s', (name) => {
    const histories = (recorded[name] ?? []).map((file) =>
      parseHistory(readFileSync(path.join(root, 'test/replay/histories', `${file}.json`), 'utf8')),
    );
    const cost = histories.reduce((sum, { events }) => plus(sum, costOf(events)), { events: 0, actions: 0 });
    expect(cost).toEqual(costIn(stated.get(name)));
  });

  it('reckons a million of each, and a month of sweeps, by the price that it names', () => {
    const price = Number(/(\d+) US dollars for a million Actions/.exec(sheet)?.[1]);
    const wanted = Object.entries(bills).map(([name, reckon]) => {
      const actions = reckon((path) => costIn(stated.get(path)).actions);
      return [name, actions, Math.round((actions / 1e6) * price * 100) / 100];
    });
    const found = [...rowsUnder('what')].map(([name, [actions, dollars]]) => [
      name,
      numberIn(actions),
      numberIn(dollars),
    ]);
    expect(found).toEqual(wanted);
  });
});
