import { inertCell } from '../../domain/csv';
import type { EmailOutcome } from '../../domain/email-outcome';
import type { EmailLogFilter, EmailLogStore } from '../mongo/email-log';
import type { EmailDocument } from '../mongo/emails';
import type { PageStart } from '../mongo/page';

const pageSize = 1_000;

const columns = {
  email: ({ to }) => to,
  status: ({ status }) => status,
  reason: ({ reason }) => reason,
  queuedAt: ({ createdAt }) => createdAt.toISOString(),
  sentAt: ({ sentAtMs }) => timeOf(sentAtMs),
  deliveredAt: ({ deliveredAtMs }) => timeOf(deliveredAtMs),
  firstOpenedAt: ({ openedAtMs }) => timeOf(openedAtMs),
  opens: ({ opens }) => String(opens),
  firstClickedAt: ({ clickedAtMs }) => timeOf(clickedAtMs),
  clicks: ({ clicks }) => String(clicks),
  bouncedAt: ({ bouncedAtMs }) => timeOf(bouncedAtMs),
  bounceType: ({ bounceType }) => bounceType,
  complainedAt: ({ complainedAtMs }) => timeOf(complainedAtMs),
  unsubscribedAt: ({ unsubscribedAtMs }) => timeOf(unsubscribedAtMs),
  contactId: ({ contactId }) => contactId,
  emailId: ({ _id }) => _id,
} as const satisfies Record<string, (email: EmailDocument) => string | undefined>;

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
    yield rows
      .filter(({ kind }) => kind !== 'test')
      .map(lineOf)
      .join('');
    const last = rows.at(-1);
    if (!last || rows.length < pageSize) return;
    after = emailLog.placeOf(last, filter);
  }
}

function lineOf(email: EmailDocument): string {
  return `${Object.values(columns)
    .map((cellOf) => inertCell(cellOf(email) ?? ''))
    .join(',')}\r\n`;
}

function timeOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
