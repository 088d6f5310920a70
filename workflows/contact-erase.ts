import { continueAsNew, proxyLocalActivities, sleep } from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { ErasurePlace } from '../activities/erase-contact';
import { localStep } from './activity-options';

const { erasePage, endErasure } = proxyLocalActivities<Activities>(localStep);

/** What is under way when a person is removed may write once more: it is looked for again, so often at most. */
const maxPasses = 3;

export interface ContactEraseInput {
  contactId: string;
  /** Longer than what is under way takes to end: an attempt of a webhook, an email at its server. */
  settleMs: number;
  /** Pages for one run of this workflow, which bounds its history. */
  pagesPerRun: number;
  /** Where the previous run stopped. */
  place?: ErasurePlace;
  pass?: number;
  isUnderWay?: boolean;
}

/** Removes everything that is stored of a person, everywhere. The contact itself is gone already. */
export async function contactErase(input: ContactEraseInput): Promise<void> {
  const { contactId, settleMs, pagesPerRun } = input;
  let { place, pass = 1, isUnderWay = false } = input;

  for (let pages = 1; ; pages++) {
    const page = await erasePage({ contactId, ...(place ? { place } : {}) });
    isUnderWay ||= page.isUnderWay;
    place = page.next;
    if (!place) {
      if (!isUnderWay || pass >= maxPasses) break;
      await sleep(settleMs, { summary: 'what was under way ends' });
      pass++;
      isUnderWay = false;
    }
    if (pages >= pagesPerRun) {
      await continueAsNew<typeof contactErase>({
        ...{ contactId, settleMs, pagesPerRun, pass, isUnderWay },
        ...(place ? { place } : {}),
      });
    }
  }
  await endErasure({ contactId });
}
