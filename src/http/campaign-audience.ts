import { z } from 'zod';
import { reasonToSkip } from '../../domain/email';
import type { ContactStore } from '../mongo/contacts';
import type { SuppressionStore } from '../mongo/suppressions';

const pageSize = 1_000;

/** Whom a campaign would go to now, and how many it would leave out for what. */
export interface Audience {
  count: number;
  skipped: { unsubscribed: number; bounced: number; complained: number; suppressed: number };
}
const people = z.int();
export const audienceSchema = z.object({
  count: people.describe('Contacts that the campaign would go to now'),
  skipped: z.object({ unsubscribed: people, bounced: people, complained: people, suppressed: people }),
});

/** Goes through everyone on the lists by the rule that is in force at the moment of sending. */
export async function audienceOf(
  stores: { contacts: ContactStore; suppressions: SuppressionStore },
  { workspaceId, listIds }: { workspaceId: string; listIds: string[] },
): Promise<Audience> {
  const audience: Audience = { count: 0, skipped: { unsubscribed: 0, bounced: 0, complained: 0, suppressed: 0 } };
  for (let afterId: string | undefined; ;) {
    const page = await stores.contacts.audiencePage(workspaceId, listIds, afterId, pageSize);
    const suppressed = await stores.suppressions.among(
      workspaceId,
      page.map(({ email }) => email),
    );
    for (const contact of page) {
      if (reasonToSkip({ kind: 'campaign' }, contact, suppressed.get(contact.email)) === undefined) audience.count++;
      else audience.skipped[contact.status === 'active' ? 'suppressed' : contact.status]++;
    }
    if (page.length < pageSize) return audience;
    afterId = page.at(-1)?.id;
  }
}
