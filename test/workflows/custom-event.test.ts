import { eventsOf, ofType, summaryOf } from './support/history';
import { messageOf, untilDone, untilEnded, untilExecution } from './support/look';
import type { Scene } from './support/scene';
import { addContact, addList, receive, saveAutomation } from './support/seed';
import { setStage } from './support/stage';
import { until } from './support/until';

const stage = setStage();
const minuteMs = 60_000;

/** A track of an unknown user, with its workflow waiting. */
async function startWaiting(scene: Scene): Promise<{ key: string; workflowId: string }> {
  const key = await receive(scene, { type: 'track', userId: 'u1', event: 'Purchase Completed' });
  await scene.starter.startCustomEvent(key);
  const workflowId = `track/${key}`;
  await until(
    'the track waits',
    async () => ofType(await eventsOf(scene.handle(workflowId)), 'TimerStarted').length > 0,
  );
  return { key, workflowId };
}

function receiveIdentify(scene: Scene): Promise<string> {
  return receive(scene, { type: 'identify', userId: 'u1', traits: { email: 'ada@example.com' } });
}

function waiterRows({ place }: Scene, key: string): Promise<number> {
  return place.database.db.collection<{ _id: string }>('waiters').countDocuments({ _id: key });
}

describe('customEvent', () => {
  it('records the event of a known contact and runs the automations that listen to it', async () => {
    const scene = await stage.open();
    const contact = await addContact(scene, { userId: 'u1' });
    const automation = await saveAutomation(scene, { eventName: 'purchase_completed', steps: [{ type: 'end' }] });
    const filter = { field: 'properties.amount', op: 'gt', value: 100 } as const;
    const other = await saveAutomation(scene, { steps: [{ type: 'end' }], filter });
    const key = await receive(scene, {
      ...{ type: 'track', userId: 'u1', event: 'Purchase Completed', properties: { amount: 5 } },
    });
    await scene.starter.startCustomEvent(key);
    const { outcome } = await untilDone(scene, key);
    if (outcome?.status !== 'recorded') throw new Error(`not recorded but ${outcome?.status}`);
    expect(outcome.contactId).toBe(contact.id);
    const traces = new Map(outcome.automations.map((trace) => [trace.automationId, trace]));
    expect(traces.get(other.id)).toMatchObject({ ran: false, reason: expect.stringContaining('filter') });
    const run = await untilEnded(scene, traces.get(automation.id)?.runKey ?? '');
    expect(run).toMatchObject({ status: 'completed', contactId: contact.id });
  });

  it('goes on at once when the identify of its contact arrives after three minutes', async () => {
    const scene = await stage.open();
    await saveAutomation(scene, { steps: [{ type: 'end' }] });
    const { key, workflowId } = await startWaiting(scene);
    expect(await messageOf(scene, key)).toMatchObject({ state: 'waiting' });
    await scene.place.skip(3 * minuteMs);
    expect(await messageOf(scene, key)).toMatchObject({ state: 'waiting' });

    await scene.starter.startContactUpsert(await receiveIdentify(scene));
    await untilExecution(scene, workflowId, 'COMPLETED');
    const { outcome, doneAt, receivedAt } = await untilDone(scene, key);
    expect(outcome).toMatchObject({ status: 'recorded', automations: [{ ran: true }] });
    const waitedMs = (doneAt?.getTime() ?? 0) - receivedAt.getTime();
    expect(waitedMs).toBeGreaterThan(2.9 * minuteMs);
    expect(waitedMs).toBeLessThan(3.5 * minuteMs);
    expect(await waiterRows(scene, key)).toBe(0);
  });

  it('ends as unresolved after ten minutes, with a reason', async () => {
    const scene = await stage.open();
    const { key, workflowId } = await startWaiting(scene);
    const [timer] = ofType(await eventsOf(scene.handle(workflowId)), 'TimerStarted');
    expect(summaryOf(timer)).toBe('waits for an identify of its contact');
    await scene.place.skip(9 * minuteMs);
    expect(await messageOf(scene, key)).toMatchObject({ state: 'waiting' });
    await scene.place.skip(2 * minuteMs);
    await untilExecution(scene, workflowId, 'COMPLETED');
    const { outcome, state } = await messageOf(scene, key);
    expect(state).toBe('done');
    expect(outcome).toEqual({ status: 'unresolved', reason: expect.stringContaining('no contact is known') });
    expect(await waiterRows(scene, key)).toBe(0);
  });

  it('ends as unresolved at once for an anonymousId alone', async () => {
    const scene = await stage.open();
    const key = await receive(scene, { type: 'track', anonymousId: 'a1', event: 'Purchase Completed' });
    await scene.starter.startCustomEvent(key);
    await untilExecution(scene, `track/${key}`, 'COMPLETED');
    const { outcome } = await messageOf(scene, key);
    expect(outcome).toEqual({ status: 'unresolved', reason: expect.stringContaining('anonymousId') });
    expect(ofType(await eventsOf(scene.handle(`track/${key}`)), 'TimerStarted')).toHaveLength(0);
  });

  it.each([
    { moment: 'before its row in the waiting room', isBefore: true },
    { moment: 'right after its row in the waiting room', isBefore: false },
  ])('finds a contact that is committed between its first look and $moment', async ({ isBefore }) => {
    const commitIdentify = async (): Promise<void> => {
      // The commit alone: the identify's own worker died before it could tell anyone.
      await scene.activities.commitMessages({ keys: [await receiveIdentify(scene)], mayWait: false });
    };
    const scene = await stage.open({
      replace: ({ waitingRoom }) => ({
        waitingRoom: {
          leave: (key) => waitingRoom.leave(key),
          async enter(key, nowMs) {
            if (isBefore) await commitIdentify();
            await waitingRoom.enter(key, nowMs);
            if (!isBefore) await commitIdentify();
          },
        },
      }),
    });
    const key = await receive(scene, { type: 'track', userId: 'u1', event: 'Purchase Completed' });
    await scene.starter.startCustomEvent(key);
    await untilExecution(scene, `track/${key}`, 'COMPLETED');
    expect((await messageOf(scene, key)).outcome).toMatchObject({ status: 'recorded' });
    expect(ofType(await eventsOf(scene.handle(`track/${key}`)), 'TimerStarted')).toHaveLength(0);
  });

  it('runs an automation once when it is started twice and its activity dies after the commit', async () => {
    let commits = 0;
    const scene = await stage.open({
      replace: ({ ingest }) => ({
        ingest: {
          waitingFor: (messages) => ingest.waitingFor(messages),
          async commit(keys, by, fold) {
            const committed = await ingest.commit(keys, by, fold);
            if (commits++ === 0) throw new Error('killed between the commit and the answer');
            return committed;
          },
        },
      }),
    });
    const contact = await addContact(scene, { userId: 'u1' });
    const list = await addList(scene);
    const { id: automationId } = await saveAutomation(scene, { steps: [{ type: 'addToList', listId: list }] });
    const key = await receive(scene, { type: 'track', userId: 'u1', event: 'Purchase Completed' });
    await scene.starter.startCustomEvent(key);
    await scene.starter.startCustomEvent(key);
    await untilExecution(scene, `track/${key}`, 'COMPLETED');
    await scene.starter.startCustomEvent(key);
    const { workspaceId } = scene;
    const runs = await scene.place.stores.runs.page({ workspaceId, automationId }, { limit: 10 });
    expect(runs).toHaveLength(1);
    await untilEnded(scene, runs[0]?._id ?? '');
    expect((await scene.place.stores.contacts.get(scene.workspaceId, contact.id))?.listIds).toEqual([list]);
  });
});
