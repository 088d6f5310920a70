import { z } from 'zod';
import { emailKinds } from '../../domain/email';
import { normalizeEmail } from '../../domain/email-address';
import { emailOutcomes, isSettled } from '../../domain/email-outcome';
import type { EmailLogFilter } from '../mongo/email-log';
import { pageQuery } from './page';
import { Problem } from './problem';

export const addressField = z
  .string({ error: 'must be an email address, such as ada@example.com' })
  .transform((text, context) => {
    const normalized = normalizeEmail(text);
    if (normalized !== undefined) return normalized;
    context.addIssue({ code: 'custom', message: 'must be one email address, such as ada@example.com' });
    return z.NEVER;
  });

/** Filters of the log of emails. */
export const emailLogQuery = z.object({
  ...pageQuery,
  campaignId: z.string().optional().describe('Of this campaign, automation or template'),
  contactId: z.string().optional().describe('To this contact'),
  to: addressField.optional().describe('To this address'),
  kind: z.enum(emailKinds).optional().describe('Sent by this; of a whole campaign all are of one kind'),
  outcome: z
    .enum(emailOutcomes)
    .optional()
    .describe('What became of it; waiting, opened, clicked and unsubscribed: of a campaign, a contact or an address'),
});

/** Throws a Problem for a question that would be answered by reading everything. */
export function emailLogFilterOf(query: z.output<typeof emailLogQuery>): EmailLogFilter {
  const { campaignId, contactId, to, kind, outcome } = query;
  if (contactId !== undefined || to !== undefined) return { by: 'person', contactId, to, campaignId, kind, outcome };
  if (campaignId !== undefined) {
    if (kind !== undefined) throw invalid('kind', 'cannot be combined with campaignId; leave one of them out');
    return { by: 'campaign', campaignId, outcome };
  }
  if (outcome === undefined || isSettled(outcome)) return { by: 'workspace', kind, outcome };
  throw invalid('outcome', `${outcome} is known of a campaign, a contact or an address; name one of them too`);
}

function invalid(field: string, what: string): Problem {
  return new Problem(400, 'invalid_query', `${field}: ${what}`, { errors: [{ pointer: `/${field}`, detail: what }] });
}
