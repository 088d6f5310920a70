import { addAudience, addCampaign, put, untilCampaign, workflowIdOf } from '../workflows/support/campaigns';
import { isIdle } from '../workflows/support/history';
import { untilExecution } from '../workflows/support/look';
import { addEndpoint } from '../workflows/support/seed';
import type { Scene } from '../workflows/support/scene';
import { until } from '../workflows/support/until';
import type { Campaign } from '../../domain/campaign';
import { completed, waiting, type Shape } from './shape';

/** A campaign to so many contacts, whose workflow is told of it. */
async function start(scene: Scene, count: number, wanted: Partial<Campaign> = {}): Promise<Campaign> {
  const contacts = await addAudience(scene, count);
  const campaign = await addCampaign(scene, { listIds: contacts[0]?.listIds ?? [], ...wanted });
  await scene.starter.tellCampaign(campaign);
  return campaign;
}

/** Through all chunks, one to a run; `end` picks the run whose history is kept. */
async function inRuns(scene: Scene, end: 'first' | 'last'): Promise<string | { workflowId: string; runId: string }> {
  const contacts = await addAudience(scene, 2);
  const campaign = await addCampaign(scene, { listIds: contacts[0]?.listIds ?? [], ratePerSecond: 0.6 });
  const workflowId = workflowIdOf(campaign);
  const input = { campaignId: campaign.id, chunksPerRun: 1 };
  const { firstExecutionRunId } = await scene.start('campaignSend', workflowId, input);
  await untilCampaign(scene, campaign, 'sent');
  await completed(scene, workflowId);
  return end === 'last' ? workflowId : { workflowId, runId: firstExecutionRunId };
}

/** So slow that it waits after its first email. */
const slow = { ratePerSecond: 0.01 };

export const campaignShapes: Record<string, Shape> = {
  sent: {
    async play(scene) {
      await addEndpoint(scene, { events: ['email.delivered', 'campaign.sent'] });
      return completed(scene, workflowIdOf(await start(scene, 3)));
    },
  },
  refused: {
    async play(scene) {
      scene.mailer.follow((_mail, index) => (index === 0 ? '550 5.1.1 no such user' : '250 ok'));
      return completed(scene, workflowIdOf(await start(scene, 2)));
    },
  },
  'put-off': {
    async play(scene) {
      scene.mailer.follow((_mail, index) => (index === 0 ? '451 4.7.1 later' : '250 ok'));
      const campaign = await start(scene, 2);
      await waiting(scene, workflowIdOf(campaign));
      await scene.place.skip(62_000);
      return completed(scene, workflowIdOf(campaign));
    },
  },
  scheduled: {
    async play(scene) {
      const scheduledAtMs = scene.place.now() + 5_000;
      return completed(scene, workflowIdOf(await start(scene, 1, { status: 'scheduled', scheduledAtMs })));
    },
  },
  'paused-and-resumed': {
    async play(scene) {
      const campaign = await start(scene, 1, { status: 'paused' });
      const workflowId = workflowIdOf(campaign);
      await scene.start('campaignSend', workflowId, { campaignId: campaign.id, chunksPerRun: 10 });
      await until('it waits', () => isIdle(scene.handle(workflowId)));
      await put(scene, campaign, 'sending');
      return completed(scene, workflowId);
    },
  },
  'cancelled-in-wait': {
    async play(scene) {
      const campaign = await start(scene, 2, slow);
      await waiting(scene, workflowIdOf(campaign));
      await put(scene, campaign, 'cancelled');
      return completed(scene, workflowIdOf(campaign));
    },
  },
  'cancelled-by-hand': {
    async play(scene) {
      const campaign = await start(scene, 2, slow);
      const workflowId = workflowIdOf(campaign);
      await waiting(scene, workflowId);
      await scene.handle(workflowId).cancel();
      await untilExecution(scene, workflowId, 'CANCELLED');
      return workflowId;
    },
  },
  'before-continue-as-new': { play: (scene) => inRuns(scene, 'first') },
  'after-continue-as-new': { play: (scene) => inRuns(scene, 'last') },
};
