import type { Automation, Step } from '../../domain/automation';
import { eventsOf, isIdle, ofType, summaryOf } from './support/history';
import { executionStatus, untilEnded, untilExecution } from './support/look';
import type { Scene } from './support/scene';
import { addEndpoint, addList, prepareRun, saveAutomation } from './support/seed';
import { setStage } from './support/stage';
import { until } from './support/until';

const stage = setStage();
const dayMs = 86_400_000;

async function untilWaiting(scene: Scene, runKey: string): Promise<void> {
  const handle = scene.handle(`automation/${runKey}`);
  await until('the run waits', async () => {
    return ofType(await eventsOf(handle), 'TimerStarted').length > 0 && isIdle(handle);
  });
}

async function logOf(scene: Scene, runKey: string): Promise<string[]> {
  const { log } = await untilEnded(scene, runKey);
  return log.map(({ position, step, result }) => `${position.join('.')} ${step}: ${result}`);
}

describe('the steps of a run', () => {
  it('wait as a durable timer that says what it is', async () => {
    const scene = await stage.open();
    const { key } = await prepareRun(scene, [{ type: 'wait', duration: '3d' }, { type: 'end' }]);
    await scene.starter.startAutomationRun({ key });
    await untilWaiting(scene, key);
    const [timer] = ofType(await eventsOf(scene.handle(`automation/${key}`)), 'TimerStarted');
    expect(summaryOf(timer)).toBe('wait 3d');
    await scene.place.skip(2.9 * dayMs);
    expect(await executionStatus(scene, `automation/${key}`)).toBe('RUNNING');
    await scene.place.skip(0.2 * dayMs);
    const run = await untilEnded(scene, key);
    expect(run).toMatchObject({ status: 'completed', log: [{ step: 'wait 3d' }, { step: 'end', result: 'end' }] });
    const [waited, ended] = run.log.map(({ at }) => at.getTime());
    const announcedMs = Date.parse(run.log[0]?.result.replace('waits until ', '') ?? '');
    expect(Math.abs(announcedMs - (waited ?? 0) - 3 * dayMs)).toBeLessThan(1_000);
    expect(Math.abs((ended ?? 0) - announcedMs)).toBeLessThan(10_000);
  });

  it.each([
    { amount: 200, branch: 'then', taken: ['0.then.0', '1'] },
    { amount: 5, branch: 'else', taken: ['0.else.0', '0.else.1'] },
  ])('follow the $branch branch of a condition, and what stands after it', async ({ amount, taken }) => {
    const scene = await stage.open();
    const list = await addList(scene);
    const steps: Step[] = [
      {
        type: 'condition',
        if: { field: 'properties.amount', op: 'gt', value: 100 },
        then: [{ type: 'addToList', listId: list }],
        else: [{ type: 'removeFromList', listId: list }, { type: 'end' }],
      },
      { type: 'updateContact', traits: { seen: true } },
    ];
    const { key } = await prepareRun(scene, steps, { properties: { amount } });
    await scene.starter.startAutomationRun({ key });
    const { log, status } = await untilEnded(scene, key);
    expect(status).toBe('completed');
    expect(log.map(({ position }) => position.join('.'))).toEqual(['0', ...taken]);
  });

  it('put the contact on lists and take it off, and pass over a list that is gone', async () => {
    const scene = await stage.open();
    const [kept, left] = [await addList(scene), await addList(scene)];
    const { key, contact } = await prepareRun(scene, [
      { type: 'addToList', listId: kept },
      { type: 'addToList', listId: left },
      { type: 'removeFromList', listId: left },
      { type: 'addToList', listId: 'lst_gone' },
    ]);
    await scene.starter.startAutomationRun({ key });
    expect((await logOf(scene, key)).at(-1)).toBe('3 addToList lst_gone: skipped: list lst_gone does not exist');
    expect((await scene.place.stores.contacts.get(scene.workspaceId, contact.id))?.listIds).toEqual([kept]);
  });

  it('change the contact and tell of it once, also when the activity dies after its commit', async () => {
    let deaths = 0;
    const scene = await stage.open({
      replace: ({ runs }) => ({
        runs: {
          ...runs,
          async updateContact(...args) {
            const eventIds = await runs.updateContact(...args);
            if (deaths++ === 0) throw new Error('killed between the commit and the answer');
            return eventIds;
          },
        },
      }),
    });
    await addEndpoint(scene, { events: ['contact.updated'] });
    const { key, contact } = await prepareRun(scene, [{ type: 'updateContact', traits: { vip: true } }]);
    await scene.starter.startAutomationRun({ key });
    await untilEnded(scene, key);
    await until('the webhook was sent', () => scene.sender.sent.length > 0);
    expect(deaths).toBe(2);
    expect(scene.sender.sent).toHaveLength(1);
    expect(JSON.parse(scene.sender.sent[0]?.body ?? '')).toMatchObject({
      event: 'contact.updated',
      data: { contactId: contact.id, changes: [{ field: 'metadata.vip', oldValue: null, newValue: true }] },
    });
    const { stores } = scene.place;
    expect(await stores.events.collection.countDocuments({ workspaceId: scene.workspaceId })).toBe(1);
  });

  it('stay as they were when the run began, however the automation is edited', async () => {
    const scene = await stage.open();
    const { key, automation } = await prepareRun(scene, [
      { type: 'wait', duration: '1h' },
      { type: 'updateContact', traits: { plan: 'old' } },
    ]);
    await scene.starter.startAutomationRun({ key });
    await untilWaiting(scene, key);
    await saveAutomation(scene, { id: automation.id, version: 2, steps: [{ type: 'end' }] });
    await scene.place.skip(3_700_000);
    expect((await logOf(scene, key)).at(-1)).toBe('1 updateContact plan: done');
  });
});

describe('a webhook step', () => {
  const steps: Step[] = [
    { type: 'webhook', url: 'https://hooks.example.com/step' },
    { type: 'updateContact', traits: { told: true } },
  ];
  const toldAt = (scene: Scene): number[] =>
    scene.sender.sent.map(({ atMs }) => Math.round((atMs - (scene.sender.sent[0]?.atMs ?? 0)) / 1_000 / 5) * 5);

  it('is called along the timeline and then passed over', async () => {
    const scene = await stage.open();
    scene.sender.follow(() => 500);
    const { key, contact } = await prepareRun(scene, steps);
    await scene.starter.startAutomationRun({ key });
    await untilWaiting(scene, key);
    await scene.place.skip(6_200_000);
    expect(await logOf(scene, key)).toEqual([
      '0 webhook: gave up after 6 attempts: answered 500',
      '1 updateContact told: done',
    ]);
    expect(toldAt(scene)).toEqual([0, 30, 150, 750, 2550, 6150]);
    expect(new Set(scene.sender.sent.map(({ webhookId }) => webhookId)).size).toBe(1);
    expect(JSON.parse(scene.sender.sent[0]?.body ?? '')).toMatchObject({
      event: 'automation.webhook',
      workspaceId: scene.workspaceId,
      data: { contactId: contact.id, eventName: 'Purchase Completed' },
    });
    const events = await eventsOf(scene.handle(`automation/${key}`));
    expect(ofType(events, 'TimerStarted').map(summaryOf)[0]).toBe('retry 1 of 5');
  });

  it('ends with the first 2xx', async () => {
    const scene = await stage.open();
    scene.sender.follow((_request, index) => (index === 0 ? 500 : 200));
    const { key } = await prepareRun(scene, steps);
    await scene.starter.startAutomationRun({ key });
    await untilWaiting(scene, key);
    await scene.place.skip(31_000);
    expect((await logOf(scene, key))[0]).toBe('0 webhook: answered 200');
    expect(toldAt(scene)).toEqual([0, 30]);
  });

  it('is passed over at once by a 410', async () => {
    const scene = await stage.open();
    scene.sender.follow(() => 410);
    const { key } = await prepareRun(scene, steps);
    await scene.starter.startAutomationRun({ key });
    expect((await logOf(scene, key))[0]).toBe('0 webhook: gave up after 1 attempts: answered 410');
    expect(scene.sender.sent).toHaveLength(1);
  });
});

describe('while the automation is paused', () => {
  const hourMs = 3_600_000;
  const setStatus = async (scene: Scene, automation: Automation, status: 'active' | 'paused'): Promise<void> => {
    await scene.place.readClock();
    await scene.place.stores.automations.save({ ...automation, status, updatedAtMs: scene.place.now() });
  };
  const standsAt = async (scene: Scene, key: string) => (await scene.place.stores.runs.get(key))?.standsAt;
  const hook: Step = { type: 'webhook', url: 'https://hooks.example.com/step' };

  it('time and decisions go on, and the next step that does something is held until it is active again', async () => {
    const scene = await stage.open();
    const { key, automation } = await prepareRun(scene, [
      { type: 'wait', duration: '1h' },
      { type: 'condition', if: { field: 'contact.email', op: 'exists' }, then: [hook] },
    ]);
    await scene.starter.startAutomationRun({ key });
    await untilWaiting(scene, key);
    expect(await standsAt(scene, key)).toBe('0');
    await setStatus(scene, automation, 'paused');
    await scene.place.skip(1.1 * hourMs);
    await until('the run is held', async () => (await standsAt(scene, key)) === '1.then.0');
    await scene.place.skip(30 * 24 * hourMs);
    expect(scene.sender.sent).toHaveLength(0);
    const events = await eventsOf(scene.handle(`automation/${key}`));
    expect(summaryOf(ofType(events, 'TimerStarted').at(-1))).toBe('held before webhook: paused');
    // A long pause is looked at once an hour: a history has room for some ten thousand looks.
    expect(events.length).toBeLessThan(30 * 24 * 7 + 500);
    await setStatus(scene, automation, 'active');
    await scene.place.skip(1.1 * hourMs);
    expect(await untilEnded(scene, key)).toMatchObject({ status: 'completed' });
    expect(scene.sender.sent).toHaveLength(1);
  });

  it('a contact who leaves ends the run also while it is held', async () => {
    const scene = await stage.open();
    const { key, automation, contact } = await prepareRun(scene, [hook]);
    await setStatus(scene, automation, 'paused');
    await scene.starter.startAutomationRun({ key });
    await untilWaiting(scene, key);
    await scene.place.stores.contacts.delete(scene.workspaceId, contact.id);
    await scene.place.skip(2 * hourMs);
    expect(await untilEnded(scene, key)).toMatchObject({ status: 'stopped', reason: 'the contact was deleted' });
    expect(scene.sender.sent).toHaveLength(0);
  });
});

describe('a run that is cut short', () => {
  const steps: Step[] = [
    { type: 'wait', duration: '1h' },
    { type: 'webhook', url: 'https://hooks.example.com/step' },
  ];

  it('stops at its next step when the contact was deleted', async () => {
    const scene = await stage.open();
    const { key, contact } = await prepareRun(scene, steps);
    await scene.starter.startAutomationRun({ key });
    await untilWaiting(scene, key);
    await scene.place.stores.contacts.delete(scene.workspaceId, contact.id);
    await scene.place.skip(3_700_000);
    expect(await untilEnded(scene, key)).toMatchObject({ status: 'stopped', reason: 'the contact was deleted' });
    expect(scene.sender.sent).toHaveLength(0);
  });

  it('stops at its next step when the automation was deleted', async () => {
    const scene = await stage.open();
    const { key, automation } = await prepareRun(scene, steps);
    await scene.starter.startAutomationRun({ key });
    await untilWaiting(scene, key);
    await scene.place.database.transaction((session) =>
      scene.place.stores.automations.delete(scene.workspaceId, automation.id, session),
    );
    await scene.place.skip(3_700_000);
    expect(await untilEnded(scene, key)).toMatchObject({
      status: 'stopped',
      reason: 'the run or its automation was deleted',
    });
  });

  it('ends as stopped when its workflow is cancelled', async () => {
    const scene = await stage.open();
    const { key } = await prepareRun(scene, steps);
    await scene.starter.startAutomationRun({ key });
    await untilWaiting(scene, key);
    await scene.handle(`automation/${key}`).cancel();
    await untilExecution(scene, `automation/${key}`, 'CANCELLED');
    expect(await untilEnded(scene, key)).toMatchObject({ status: 'stopped', reason: 'cancelled' });
  });
});
