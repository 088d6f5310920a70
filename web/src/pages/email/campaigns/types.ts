import type { operations } from '../../../api/schema';

type AnswerOf<Name extends 'getCampaigns' | 'getCampaignsId' | 'getCampaignsIdResults' | 'postCampaignsAudience'> =
  operations[Name]['responses'][200] extends { content: { 'application/json': infer Body } } ? Body : never;

export type CampaignSummary = AnswerOf<'getCampaigns'>['data'][number];
export type Campaign = AnswerOf<'getCampaignsId'>;
export type Results = AnswerOf<'getCampaignsIdResults'>;
export type Audience = AnswerOf<'postCampaignsAudience'>;
