import type { RunSignaller } from './commit-email-events';
import type { GiveUp, Sendable, SendBatch, SendLog } from './send-batch';

/** Needs: src/mongo/outbox.ts. */
export interface Outbox {
  /** Undefined once the email was erased; without content where its template was deleted. */
  load(emailId: string): Promise<(Omit<Sendable, 'content'> & Partial<Pick<Sendable, 'content'>>) | undefined>;
}

/** After each time that a server puts an email off; when it does so once more, the email has bounced. */
export const standardDeferralDelaysMs: readonly number[] = [
  60_000, 300_000, 900_000, 3_600_000, 14_400_000, 43_200_000,
];
/** How soon an email is looked at again that another mailer has under way. */
const elsewhereDelayMs = 15_000;

/** What is left to be done for one email. */
export type SendEmailResult =
  { kind: 'done'; eventIds: string[]; bounceKeys: string[] } | { kind: 'again'; delayMs: number; summary: string };

/** One email that no campaign sends. What a server says is a value; only our own faults are thrown. */
export function createSendEmail(deps: {
  outbox: Outbox;
  sendBatch: SendBatch;
  giveUp: GiveUp;
  sendLog: Pick<SendLog, 'states' | 'settle'>;
  starter: Pick<RunSignaller, 'signalEmailNews'>;
  deferralDelaysMs?: readonly number[];
}) {
  const { deferralDelaysMs = standardDeferralDelaysMs } = deps;
  /** A run that waits for news of an email need not wait for one that never goes out. */
  const tellRun = async ({ runKey }: Sendable['email']): Promise<void> => {
    if (runKey !== undefined) await deps.starter.signalEmailNews({ runKey, kind: 'unsent' });
  };
  return {
    async sendEmail({ emailId }: { emailId: string }): Promise<SendEmailResult> {
      const sendable = await deps.outbox.load(emailId);
      if (!sendable) return { kind: 'done', eventIds: [], bounceKeys: [] };
      const { content } = sendable;
      // One that is over needs no content any more.
      if (!content && sendable.email.status === 'queued') {
        await deps.sendLog.settle([{ emailId, status: 'failed', reason: 'its template was deleted' }]);
        await tellRun(sendable.email);
        return { kind: 'done', eventIds: [], bounceKeys: [] };
      }
      const noContent = { subject: '', html: '' };
      const result = await deps.sendBatch([{ ...sendable, content: content ?? noContent }]);
      if (result.elsewhereIds.length > 0) {
        return { kind: 'again', delayMs: elsewhereDelayMs, summary: 'under way at another mailer' };
      }
      const { eventIds, bounceKeys } = result;
      if (result.skipped + result.failed > 0 && bounceKeys.length === 0) await tellRun(sendable.email);
      if (result.deferredIds.length === 0) return { kind: 'done', eventIds, bounceKeys };
      const [state] = await deps.sendLog.states([emailId]);
      const tries = state?.tries ?? 1;
      const delayMs = deferralDelaysMs[tries - 1];
      if (delayMs === undefined) return { kind: 'done', eventIds, bounceKeys: await deps.giveUp([emailId]) };
      return { kind: 'again', delayMs, summary: `try ${tries + 1} of ${deferralDelaysMs.length + 1}` };
    },

    /** For a workflow that was cancelled by hand: what has not gone out yet does not go out. */
    async skipEmail({ emailId, reason }: { emailId: string; reason: string }): Promise<void> {
      const [state] = await deps.sendLog.states([emailId]);
      if (state?.email.status === 'queued') {
        await deps.sendLog.settle([{ emailId, status: 'skipped', reason }]);
        await tellRun(state.email);
      }
    },
  };
}
