import { z } from 'zod';
import type { EmailRenderer } from '../../activities/send-emails';
import type { Sendable } from '../../activities/send-batch';
import type { Outbox } from '../../activities/send-email';
import { contentOf } from '../../domain/campaign';
import { makeId } from '../../domain/ids';
import { RenderingError } from '../email/render';
import type { CampaignStore } from '../mongo/campaigns';
import type { ContactStore } from '../mongo/contacts';
import type { EmailDocument, EmailStore } from '../mongo/emails';
import { contentProblem } from './content-problems';
import { notFound, Problem } from './problem';
import { route, type Route } from './route';

/** The email that a preview is of: none. Its unsubscribe link leads nowhere. */
export const noEmailId = makeId('email', '0'.repeat(24));
export const previewSchema = z.object({ subject: z.string(), html: z.string(), text: z.string() });

export interface EmailPreviewDeps {
  emails: EmailStore;
  outbox: Outbox;
  campaigns: CampaignStore;
  contacts: ContactStore;
  renderer: EmailRenderer;
}

type MadeOf = Partial<Pick<Sendable, 'content' | 'event' | 'data'>>;

/** Looking at an email that was sent. No copy of it is kept: it is made once more, from what there is of it now. */
export function emailPreviewRoutes(deps: EmailPreviewDeps): Route[] {
  const madeOf = async ({ _id, workspaceId, campaignId, kind }: EmailDocument): Promise<MadeOf | undefined> => {
    if (kind !== 'campaign') return deps.outbox.load(_id);
    const campaign = await deps.campaigns.get(workspaceId, campaignId);
    const content = campaign && contentOf(campaign);
    return content ? { content } : undefined;
  };

  return [
    route({
      method: 'get',
      path: '/emails/:id/preview',
      tag: 'Emails',
      summary: 'How an email looks, made once more with the values of today; its links are not tracked',
      status: 200,
      response: previewSchema,
      async handle({ caller, params }) {
        const workspaceId = caller.workspace._id;
        const email = await deps.emails.get(workspaceId, params['id'] ?? '');
        if (!email) throw notFound('email');
        const made = await madeOf(email);
        if (!made?.content) {
          const detail = 'What this email was made of is gone: its template or campaign was deleted.';
          throw new Problem(
            410,
            'content_gone',
            `${detail} What was heard about it is still at GET /emails/${email._id}.`,
          );
        }
        const contact = email.contactId ? await deps.contacts.get(workspaceId, email.contactId) : undefined;
        try {
          const { subject, html, text } = await deps.renderer.render(made.content, {
            ...{ emailId: noEmailId, workspaceId, campaignId: email.campaignId, isTracked: false },
            isMarketing: email.kind === 'campaign' || email.kind === 'automation',
            ...(contact ? { contact } : {}),
            ...(made.event ? { event: made.event } : {}),
            ...(made.data ? { data: made.data } : {}),
          });
          return { subject, html, text };
        } catch (error) {
          throw error instanceof RenderingError ? contentProblem([error.problem]) : error;
        }
      },
    }),
  ];
}
