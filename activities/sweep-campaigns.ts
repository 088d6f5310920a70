import type { Campaign } from '../domain/campaign';
import { inTurns } from './in-turns';

type Told = Pick<Campaign, 'id' | 'workspaceId' | 'name' | 'status'> & { lookAt: Date };

/** Needs: src/mongo/activity-stores.ts. Campaigns whose workflow does not know how they stand, or shows no life. */
export interface CampaignsLeftBehind {
  leftBehind(beforeMs: number, limit: number): Promise<Told[]>;
  /** Not before its time is over again, unless it has changed meanwhile. */
  told(campaign: Told, nowMs: number): Promise<void>;
}
/** Needs: src/temporal/start.ts. */
export interface CampaignStarter {
  /** Tells the campaign's workflow how it stands, and starts it where there is none. */
  tellCampaign(campaign: Pick<Campaign, 'id' | 'workspaceId' | 'name' | 'status'>): Promise<void>;
}

const maxCampaigns = 100;

/** Part of the sweep: campaigns that were sent, paused, resumed or cancelled while Temporal was away. */
export function createSweepCampaigns(deps: {
  campaignsLeftBehind: CampaignsLeftBehind;
  starter: CampaignStarter;
  now: () => number;
}) {
  return {
    async tellCampaigns(olderThanMs: number): Promise<number> {
      const campaigns = await deps.campaignsLeftBehind.leftBehind(deps.now() - olderThanMs, maxCampaigns);
      await inTurns(campaigns, async (campaign) => {
        await deps.starter.tellCampaign(campaign);
        await deps.campaignsLeftBehind.told(campaign, deps.now());
      });
      return campaigns.length;
    },
  };
}
export type SweepCampaigns = ReturnType<typeof createSweepCampaigns>;
