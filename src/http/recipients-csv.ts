import type { EmailOutcome } from '../../domain/email-outcome';
import type { EmailLogFilter, EmailLogStore } from '../mongo/email-log';
import type { EmailDocument } from '../mongo/emails';
import type { PageStart } from '../mongo/page';
import { csvLines, csvTime, type CsvColumns } from './csv-file';

const pageSize = 1_000;

const columns = {
  email: ({ to }) => to,
  status: ({ status }) => status,
  reason: ({ reason }) => reason,
  queuedAt: ({ createdAt }) => createdAt.toISOString(),
  sentAt: ({ sentAtMs }) => csvTime(sentAtMs),
  deliveredAt: ({ deliveredAtMs }) => csvTime(deliveredAtMs),
  firstOpenedAt: ({ openedAtMs }) => csvTime(openedAtMs),
  opens: ({ opens }) => String(opens),
  firstClickedAt: ({ clickedAtMs }) => csvTime(clickedAtMs),
  clicks: ({ clicks }) => String(clicks),
  bouncedAt: ({ bouncedAtMs }) => csvTime(bouncedAtMs),
  bounceType: ({ bounceType }) => bounceType,
  complainedAt: ({ complainedAtMs }) => csvTime(complainedAtMs),
  unsubscribedAt: ({ unsubscribedAtMs }) => csvTime(unsubscribedAtMs),
  contactId: ({ contactId }) => contactId,
  emailId: ({ _id }) => _id,
} as const satisfies CsvColumns<EmailDocument>;

export const recipientColumns = Object.keys(columns);

/** The lines of every recipient, page by page. */
export async function* recipientsCsv(
  emailLog: EmailLogStore,
  workspaceId: string,
  campaignId: string,
  outcome: EmailOutcome | undefined,
): AsyncGenerator<string> {
  const filter: EmailLogFilter = { by: 'campaign', campaignId, outcome };
  for (let after: PageStart | undefined; ;) {
    const rows = await emailLog.page(workspaceId, filter, { after, limit: pageSize });
    yield csvLines(
      columns,
      rows.filter(({ kind }) => kind !== 'test'),
    );
    const last = rows.at(-1);
    if (!last || rows.length < pageSize) return;
    after = emailLog.placeOf(last, filter);
  }
}
