import { noCounts, noProgress, type Campaign } from '../../../domain/campaign';
import { emailStatuses, type Email } from '../../../domain/email';
import type { EmailNews } from '../../../domain/email-event';
import type { EmailEventDocument } from '../../../src/mongo/email-events';
import type { EmailDocument } from '../../../src/mongo/emails';
import type { Stores } from '../../../src/mongo/stores';
import { at, few, idOf, many, workspaceOf, workspaces } from './filled';

const isOld = (row: number): boolean => row < few;

export function campaignOf(row: number): Campaign {
  return {
    ...{ id: idOf('campaign', row), workspaceId: workspaceOf(row), name: 'April', subject: 'Hello', html: '<p>Hi</p>' },
    ...{ listIds: [idOf('list', 1)], ratePerSecond: 100, status: isOld(row) ? 'draft' : 'sent' },
    ...{ createdAtMs: at(row).getTime(), updatedAtMs: at(row).getTime(), progress: noProgress, counts: noCounts },
    ...(row % 3 === 0 ? { startedAtMs: at(row).getTime() } : {}),
  };
}

/** Old ones have every status and are of three campaigns or of none; all the others are one large campaign's. */
export function emailOf(row: number): Email {
  const isCampaign = !isOld(row) || row % 2 === 0;
  return {
    ...{ id: idOf('email', row), workspaceId: workspaceOf(row), kind: isCampaign ? 'campaign' : 'transactional' },
    campaignId: isCampaign ? idOf('campaign', isOld(row) ? row % 3 : 9) : 'transactional',
    ...{ contactId: idOf('contact', isOld(row) ? row % 20 : row), to: `ann${isOld(row) ? row % 20 : row}@example.com` },
    status: (isOld(row) ? emailStatuses[row % emailStatuses.length] : undefined) ?? 'delivered',
    ...{ createdAtMs: at(row).getTime(), opens: 0, clicks: 0 },
  };
}

export function emailDocumentOf(row: number): EmailDocument {
  const { id, createdAtMs, ...rest } = emailOf(row);
  const claim = rest.status === 'sending' ? { claim: { by: `mailer ${row % 2}`, at: at(row) } } : {};
  return { _id: id, ...rest, createdAt: new Date(createdAtMs), ...claim };
}

export const emailEventKeyOf = (row: number): string => idOf('emailEvent', row);
const opened: EmailNews = { kind: 'opened', userAgent: 'Mail', ip: '203.0.113.42', flags: [] };

export function emailEventOf(row: number): EmailEventDocument {
  const base = { _id: emailEventKeyOf(row), emailId: idOf('email', row), at: at(row), receivedAt: at(row) };
  const isOpen = isOld(row) && row % 10 === 0;
  return {
    ...{ ...base, news: row % 3 === 0 ? opened : { kind: 'unsubscribed', method: 'link' } },
    ...(isOpen
      ? { state: 'received' as const }
      : { state: 'done' as const, doneAt: at(row), outcome: { status: 'counted', eventIds: [] } }),
  };
}

export async function fillEmails(stores: Stores): Promise<void> {
  const rows = Array.from({ length: few + many }, (_each, row) => row);
  await stores.emails.collection.insertMany(rows.map(emailDocumentOf));
  await stores.emailEvents.collection.insertMany(rows.map(emailEventOf));
  await stores.campaigns.collection.insertMany(
    rows.map((row) => {
      const { id, createdAtMs, ...rest } = campaignOf(row);
      const lookAt = isOld(row) && row % 10 === 0 ? { lookAt: at(row) } : {};
      return { _id: id, ...rest, createdAt: new Date(createdAtMs), ...lookAt };
    }),
  );
  await stores.suppressions.collection.insertMany(
    rows.map((row) => ({
      ...{ _id: `${workspaceOf(row)}/hash${row}`, workspaceId: workspaceOf(row), email: `gone${row}@example.com` },
      ...{ reason: 'bounced' as const, createdAt: at(row) },
    })),
  );
  const addresses = rows.slice(0, 20).map((row) => ({ email: `ann${row}@example.com`, reason: 'bounced' as const }));
  await stores.suppressions.add(workspaces[0], addresses, at(0));
}
