import { emailKinds, type Email } from '../../../domain/email';
import { emailOutcomes, settledStatuses } from '../../../domain/email-outcome';
import type { EmailLogFilter } from '../../../src/mongo/email-log';
import type { Stores } from '../../../src/mongo/stores';
import { eachOf, list, numbers, pages, type Exercises } from './exercise';
import { at, idOf, workspaces } from './filled';

const [workspaceId] = workspaces;
const campaignId = idOf('campaign', 700);
const rows = 2_000;
const heardOf = 40;
const firstRow = 900_000;

/** A large campaign: few of its oldest emails were heard of, and a few more are each in another state. */
function emailOf(row: number): Email {
  const atMs = at(row).getTime();
  const isFew = row < heardOf;
  return {
    ...{ id: idOf('email', firstRow + row), workspaceId, kind: 'campaign', campaignId, createdAtMs: atMs },
    ...{ contactId: idOf('contact', firstRow + row), to: `reader${row}@example.com`, opens: 0, clicks: 0 },
    status: isFew
      ? (settledStatuses[row % settledStatuses.length] ?? 'sent')
      : row < 2 * heardOf
        ? 'queued'
        : 'delivered',
    ...(isFew ? { openedAtMs: atMs, clickedAtMs: atMs, unsubscribedAtMs: atMs, reason: `for reason ${row % 3}` } : {}),
  };
}

export async function fillCampaignResults(stores: Stores): Promise<void> {
  await stores.emails.insert(numbers(rows).map(emailOf));
  await stores.emailEvents.collection.insertMany(
    numbers(heardOf).map((row) => ({
      ...{
        _id: idOf('emailEvent', firstRow + row),
        emailId: idOf('email', firstRow + row),
        at: at(row),
        receivedAt: at(row),
      },
      news: { kind: 'clicked', url: `https://example.com/${row % 4}`, userAgent: 'Mail', ip: '203.0.113.1', flags: [] },
      ...{ state: 'done', doneAt: at(row), outcome: { status: 'counted', eventIds: [] } },
    })),
  );
}

/** The log of emails and the results of campaigns; see exercises.ts. */
export function campaignResultExercisesOf(stores: Stores): {
  emailLog: Exercises<Stores['emailLog']>;
  campaignResults: Exercises<Stores['campaignResults']>;
} {
  const some = <Value>(values: readonly Value[]) => [undefined, ...values];
  const filters: EmailLogFilter[] = [
    ...some(emailOutcomes).flatMap((outcome): EmailLogFilter[] => [
      { by: 'campaign', campaignId, outcome },
      { by: 'person', contactId: idOf('contact', 3), outcome },
      { by: 'person', to: 'ann3@example.com', outcome, kind: 'campaign' },
    ]),
    ...some(emailKinds).flatMap((kind) =>
      some(settledStatuses).map((outcome): EmailLogFilter => ({ by: 'workspace', kind, outcome })),
    ),
  ];
  return {
    emailLog: {
      page: {
        ...list,
        run: () =>
          eachOf(filters, (filter) => eachOf(pages, (page) => stores.emailLog.page(workspaceId, filter, page))),
      },
      placeOf: {
        ask: 0,
        run: async () => {
          const [row] = await stores.emailLog.page(workspaceId, { by: 'campaign', campaignId }, { limit: 1 });
          return row && stores.emailLog.placeOf(row, { by: 'campaign', campaignId });
        },
      },
    },
    campaignResults: {
      skippedBy: {
        ask: heardOf,
        maySort: 'the reasons, which are few',
        run: () => stores.campaignResults.skippedBy(workspaceId, campaignId),
      },
      byHour: {
        ask: heardOf,
        run: () =>
          eachOf(['opened', 'clicked'] as const, (doing) =>
            stores.campaignResults.byHour(workspaceId, campaignId, doing, at(0).getTime()),
          ),
      },
      handedOverSince: {
        ask: heardOf,
        run: () => stores.campaignResults.handedOverSince(workspaceId, campaignId, at(rows - heardOf)),
      },
      links: { ask: 2 * heardOf, run: () => stores.campaignResults.links(workspaceId, campaignId) },
    },
  };
}
