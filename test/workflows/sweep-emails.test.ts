import { newId } from '../../src/mongo/new-id';
import { hear } from './support/email-seed';
import { emailOf, queueEmail, untilEmail } from './support/emails';
import { untilExecution } from './support/look';
import { setStage } from './support/stage';
import { until } from './support/until';

const stage = setStage();
const olderThanMs = 10_000;

describe('the sweep', () => {
  it('sends emails that were stored and not started, once they are old enough', async () => {
    const scene = await stage.open();
    const { id } = await queueEmail(scene);
    expect(await scene.activities.sweepMessages({ olderThanMs })).toMatchObject({ emails: 0 });
    await scene.place.skip(olderThanMs + 1_000);
    expect(await scene.activities.sweepMessages({ olderThanMs })).toMatchObject({ emails: 1 });
    await untilEmail(scene, id, 'delivered');
    await scene.place.skip(300_000);
    expect(await scene.activities.sweepMessages({ olderThanMs })).toMatchObject({ emails: 0 });
    expect(scene.mailer.mails).toHaveLength(1);
  });

  it("leaves campaigns' emails to their campaign, and what is put off to its own workflow", async () => {
    const scene = await stage.open();
    scene.mailer.follow(() => '421 later');
    const campaigns = await queueEmail(scene, { kind: 'campaign', campaignId: 'cmp_1' });
    const { id, workflowId } = await queueEmail(scene);
    await scene.starter.startEmailSend(id);
    await until('it is put off', async () => (await emailOf(scene, id)).tries === 1);
    await scene.place.skip(olderThanMs + 1_000);
    // Asked for again, which starts nothing: its workflow is open.
    expect(await scene.activities.sweepMessages({ olderThanMs })).toMatchObject({ emails: 1 });
    expect(await scene.activities.sweepMessages({ olderThanMs })).toMatchObject({ emails: 0 });
    expect(scene.mailer.mails).toHaveLength(1);
    expect((await emailOf(scene, campaigns.id)).status).toBe('queued');
    await scene.place.skip(61_000);
    await until('it is tried again', () => scene.mailer.mails.length === 2);
    expect((await scene.handle(workflowId).describe()).status.name).toBe('RUNNING');
  });

  it('works off what was heard while Temporal was away, in groups', async () => {
    const scene = await stage.open();
    const { id, workflowId } = await queueEmail(scene);
    await scene.starter.startEmailSend(id);
    await untilExecution(scene, workflowId, 'COMPLETED');
    const [heard] = await scene.place.stores.emailEvents.byKeys([await hear(scene, id)]);
    if (!heard) throw new Error('nothing was heard');
    const others = Array.from({ length: 200 }, () => ({ ...heard, _id: newId('emailEvent') }));
    await scene.place.stores.emailEvents.insert(others);
    expect(await scene.activities.sweepMessages({ olderThanMs })).toMatchObject({ emailEvents: 0 });
    await scene.place.skip(olderThanMs + 1_000);
    expect(await scene.activities.sweepMessages({ olderThanMs })).toMatchObject({ emailEvents: 201 });
    expect(await scene.activities.sweepMessages({ olderThanMs })).toMatchObject({ emailEvents: 0 });
    await until('all are counted', async () => (await emailOf(scene, id)).opens === 201);
    expect(scene.startedIds().filter((started) => started.startsWith('email-event/'))).toHaveLength(2);
  });
});
