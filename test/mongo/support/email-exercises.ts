import type { ClientSession } from 'mongodb';
import { foldEmailEvents } from '../../../domain/email-event';
import { newId } from '../../../src/mongo/new-id';
import type { Stores } from '../../../src/mongo/stores';
import { eachOf, ids, limit, list, nothing, now, numbers, onEachPage, one, some, type Exercises } from './exercise';
import { at, idOf, workspaces as workspaceIds } from './filled';
import { campaignOf, emailEventKeyOf, emailEventOf, emailOf } from './filled-emails';

const [workspaceId] = workspaceIds;
const emailIds = ids('email', 20);
const eventKeys = numbers(20).map(emailEventKeyOf);
const addresses = numbers(20).map((row) => `ann${row}@example.com`);
type Names = 'emails' | 'emailEvents' | 'emailIngest' | 'suppressions' | 'campaigns';

/** The stores of email; see exercises.ts. */
export function emailExercisesOf(
  stores: Stores,
  inTransaction: (work: (session: ClientSession) => Promise<unknown>) => Promise<unknown>,
): { [Name in Names]: Exercises<Stores[Name]> } {
  const emails: Exercises<Stores['emails']> = {
    insert: { ...nothing, run: () => stores.emails.insert([{ ...emailOf(1), id: newId('email') }, emailOf(2)]) },
    get: { ...one, run: () => stores.emails.get(workspaceId, idOf('email', 1)) },
    idFor: { ...nothing, run: () => Promise.resolve(stores.emails.idFor('cmp_1', idOf('contact', 1))) },
    byIds: { ...some, run: () => stores.emails.byIds(emailIds) },
    latestTo: {
      ...one,
      run: () => eachOf(['ann3@example.com', 'nobody@example.com'], (to) => stores.emails.latestTo(workspaceId, to)),
    },
    save: { ...some, run: () => inTransaction((session) => stores.emails.save(numbers(20).map(emailOf), session)) },
    claim: { ...some, run: () => stores.emails.claim(emailIds, 'mailer 1', now) },
    release: { ...some, run: () => stores.emails.release(emailIds, 'mailer 1') },
    renewClaims: { ...some, run: () => stores.emails.renewClaims(emailIds, 'mailer 1', now) },
    reclaim: { ...some, run: () => stores.emails.reclaim(at(160)) },
    settle: {
      ...some,
      run: () =>
        stores.emails.settle([
          { emailId: idOf('email', 8), status: 'sent', response: '250 ok', subject: 'Hello', atMs: now.getTime() },
          { emailId: idOf('email', 16), status: 'queued', reason: '421 later' },
          { emailId: idOf('email', 24), status: 'failed', reason: '550 no' },
          { emailId: idOf('email', 32), status: 'skipped', reason: 'the contact has unsubscribed' },
        ]),
    },
    unsentOf: {
      ask: 50,
      run: () =>
        eachOf([undefined, idOf('email', 50)], (after) => stores.emails.unsentOf(idOf('campaign', 2), after, 50)),
    },
    // As tallyOf, in pages.
    untoldOf: {
      ask: 400,
      run: () => stores.emails.untoldOf(workspaceId, idOf('campaign', 1), { limit: 200 }),
    },
    skipUnsentOf: { ask: 50, run: () => stores.emails.skipUnsentOf(idOf('campaign', 2), 'the campaign was cancelled') },
    // All of a campaign's emails: once, and only where something went wrong.
    tallyOf: { ask: 400, run: () => stores.emails.tallyOf(workspaceId, idOf('campaign', 1)) },
    markSentDelivered: {
      ...some,
      run: () => inTransaction((session) => stores.emails.markSentDelivered(emailIds, session)),
    },
    markDelivered: {
      ...some,
      run: () =>
        inTransaction((session) =>
          stores.emails.markDelivered(
            emailIds.map((_id) => ({ _id, status: 'delivered', deliveredAtMs: now.getTime() })),
            session,
          ),
        ),
    },
    claimLeftBehind: { ask: 50, run: () => stores.emails.claimLeftBehind(now, now, 50) },
  };

  const emailEvents: Exercises<Stores['emailEvents']> = {
    insert: { ...nothing, run: () => stores.emailEvents.insert([{ ...emailEventOf(10), _id: newId('emailEvent') }]) },
    byKeys: { ...some, run: () => stores.emailEvents.byKeys(eventKeys) },
    done: { ...some, run: () => stores.emailEvents.done(eventKeys) },
    finish: {
      ...one,
      run: () =>
        inTransaction((session) =>
          stores.emailEvents.finish(
            new Map(eventKeys.map((key) => [key, { status: 'ignored', reason: 'no such email' }])),
            { nowMs: now.getTime() },
            session,
          ),
        ),
    },
    claimUnfinished: { ask: 50, run: () => stores.emailEvents.claimUnfinished(now, now, 50) },
    ofEmail: { ...list, run: onEachPage((page) => stores.emailEvents.ofEmail(idOf('email', 2), page)) },
  };

  const emailIngest: Exercises<Stores['emailIngest']> = {
    commit: {
      ask: 40,
      run: () =>
        stores.emailIngest.commit(
          numbers(40).map((row) => emailEventKeyOf(row * 10)),
          { nowMs: now.getTime() },
          (events, known) => foldEmailEvents(events, known, { nowMs: now.getTime(), newId }),
        ),
    },
  };

  const suppressions: Exercises<Stores['suppressions']> = {
    add: {
      ...one,
      run: () =>
        stores.suppressions.add(
          workspaceId,
          [
            { email: 'ann1@example.com', reason: 'complained' },
            { email: 'new@example.com', reason: 'manual' },
          ],
          now,
        ),
    },
    among: { ...some, run: () => stores.suppressions.among(workspaceId, addresses) },
    liftUnsubscribed: {
      ...one,
      run: () =>
        inTransaction((session) => stores.suppressions.liftUnsubscribed(workspaceId, 'ann4@example.com', session)),
    },
    remove: { ...one, run: () => stores.suppressions.remove(workspaceId, 'ann2@example.com') },
    forget: { ...one, run: () => stores.suppressions.forget(workspaceId, 'ann3@example.com') },
    page: { ...list, run: onEachPage((page) => stores.suppressions.page(workspaceId, page)) },
  };

  const campaigns: Exercises<Stores['campaigns']> = {
    insert: { ...nothing, run: () => stores.campaigns.insert({ ...campaignOf(1), id: newId('campaign') }) },
    get: { ...one, run: () => stores.campaigns.get(workspaceId, idOf('campaign', 1)) },
    find: { ...one, run: () => stores.campaigns.find(idOf('campaign', 1)) },
    change: { ...one, run: () => stores.campaigns.change(idOf('campaign', 2), ['draft'], { name: 'May' }) },
    statusOf: { ...one, run: () => stores.campaigns.statusOf(idOf('campaign', 1)) },
    begin: { ...one, run: () => stores.campaigns.begin(campaignOf(6), { html: '<p>Hi</p>' }, now.getTime()) },
    setProblem: { ...one, run: () => stores.campaigns.setProblem(idOf('campaign', 6), 'the server is away') },
    // Campaigns are few beside emails: those of the last 90 days of one workspace.
    recordOf: {
      ask: 40,
      run: () => inTransaction((session) => stores.campaigns.recordOf(workspaceId, at(3_500), session)),
    },
    leftBehind: { ask: 50, run: () => stores.campaigns.leftBehind(now, 50) },
    told: { ...one, run: () => stores.campaigns.told(idOf('campaign', 10), at(10), now) },
    setProgress: {
      ...one,
      run: () =>
        stores.campaigns.setProgress(idOf('campaign', 2), { audience: 9, sent: 8, skipped: 1, failed: 0, retrying: 0 }),
    },
    addCounts: {
      ...one,
      run: () =>
        inTransaction((session) =>
          stores.campaigns.addCounts(
            new Map([
              [idOf('campaign', 2), { opens: 2, opened: 1 }],
              [idOf('campaign', 3), { clicks: 1 }],
            ]),
            session,
          ),
        ),
    },
    delete: { ...one, run: () => stores.campaigns.delete(idOf('campaign', 4)) },
    page: { ...list, run: onEachPage((page) => stores.campaigns.page(workspaceId, page)) },
    ofTemplate: { ...list, run: () => stores.campaigns.ofTemplate(workspaceId, idOf('template', 1), limit) },
  };

  return { emails, emailEvents, emailIngest, suppressions, campaigns };
}
