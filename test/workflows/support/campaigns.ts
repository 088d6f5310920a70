import { noCounts, noProgress, type Campaign } from '../../../domain/campaign';
import { newContact, type Contact } from '../../../domain/contact';
import { newId } from '../../../src/mongo/new-id';
import type { EmailDocument } from '../../../src/mongo/emails';
import type { Scene } from './scene';
import { addList } from './seed';
import { until } from './until';

/** So many contacts on a list, in the order of their ids. */
export async function addAudience(scene: Scene, count: number, listIds?: string[]): Promise<Contact[]> {
  const { place, workspaceId } = scene;
  const lists = listIds ?? [await addList(scene)];
  const contacts = Array.from({ length: count }, (): Contact => {
    const id = newId('contact');
    return {
      ...newContact({ id, workspaceId, email: `${id}@example.com`, source: 'api' }, place.now()),
      listIds: lists,
    };
  });
  await place.database.transaction((session) =>
    place.stores.contacts.save({ created: contacts, changed: [], robbedIds: [] }, session),
  );
  return contacts;
}

/** A campaign that is to be sent at once, unless said otherwise; nothing has told its workflow yet. */
export async function addCampaign(
  { place, workspaceId }: Scene,
  wanted: Partial<Campaign> & Pick<Campaign, 'listIds'>,
): Promise<Campaign> {
  const nowMs = place.now();
  const campaign: Campaign = {
    ...{ id: newId('campaign'), workspaceId, name: 'April Newsletter', subject: "What's new", html: '<p>Hello</p>' },
    ...{ ratePerSecond: 10_000, status: 'sending', createdAtMs: nowMs, updatedAtMs: nowMs, progress: noProgress },
    counts: noCounts,
    ...wanted,
  };
  await place.stores.campaigns.insert(campaign);
  return campaign;
}

export function workflowIdOf({ id }: Pick<Campaign, 'id'>): string {
  return `campaign/${id}`;
}

export async function campaignOf({ place }: Scene, { id }: Pick<Campaign, 'id'>): Promise<Campaign> {
  const campaign = await place.stores.campaigns.find(id);
  if (!campaign) throw new Error(`no campaign ${id}`);
  return campaign;
}

export function untilCampaign(scene: Scene, campaign: Campaign, status: Campaign['status']): Promise<Campaign> {
  return until(`the campaign is ${status}`, async () => {
    const now = await campaignOf(scene, campaign);
    return now.status === status && now;
  });
}

/** Brings it to a state as the API does: the row first, then its workflow is told. */
export async function put(
  scene: Scene,
  campaign: Campaign,
  status: Campaign['status'],
  change: Partial<Campaign> = {},
): Promise<void> {
  const { campaigns } = scene.place.stores;
  const from = ['draft', 'scheduled', 'sending', 'paused'] as const;
  const changed = await campaigns.change(campaign.id, from, { status, ...change });
  if (!changed) throw new Error('the campaign is over');
  await scene.starter.tellCampaign(changed);
}

export function emailsOf({ place }: Scene, { id }: Pick<Campaign, 'id'>): Promise<EmailDocument[]> {
  return place.stores.emails.collection.find({ campaignId: id }).sort({ _id: 1 }).toArray();
}

/** The campaign.sent events of the scene. */
export async function sentEvents({ place, workspaceId }: Scene) {
  const rows = await place.stores.events.collection.find({ workspaceId, type: 'campaign.sent' }).toArray();
  return rows.map(({ body }) => JSON.parse(body).data);
}
