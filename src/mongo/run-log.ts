import type { RunLog } from '../../activities/run-log';
import { applyPatch, isMetadataTooLarge } from '../../domain/contact';
import { contactUpdated } from '../../domain/webhook-events';
import { messageOf } from './ingest';
import { newId } from './new-id';
import { longerMs } from './retention';
import type { Database } from './connect';
import { emailFrom } from './emails';
import type { Stores } from './stores';

/** What the steps of an automation read and write, over the stores that hold it. */
export function createRunLog(
  database: Database,
  stores: Pick<Stores, 'runs' | 'automations' | 'contacts' | 'messages' | 'lists' | 'events' | 'emails'>,
): RunLog {
  return {
    async load(runKey: string) {
      const run = await stores.runs.get(runKey);
      if (!run) return undefined;
      const [plan, pausedSince, contact, [document]] = await Promise.all([
        stores.automations.versionOf(run.automationId, run.version),
        stores.automations.pausedSince(run.automationId),
        stores.contacts.get(run.workspaceId, run.contactId),
        stores.messages.byKeys([run.messageKey]),
      ]);
      const message = document && messageOf(document);
      if (!plan || message?.type !== 'track') return undefined;
      const { workspaceId, automationId, automationName } = run;
      return {
        workspaceId,
        automationId,
        automationName,
        ...plan,
        contact,
        startedAtMs: run.startedAt.getTime(),
        ...(run.standsAt === undefined ? {} : { standsAt: run.standsAt }),
        ...(pausedSince === undefined ? {} : { pausedSinceMs: pausedSince.getTime() }),
        log: run.log,
        event: { name: message.event, properties: message.properties },
      };
    },

    async logStep(runKey, { next, ...entry }) {
      await stores.runs.logStep(runKey, entry, next);
    },

    standAt: (runKey, position) => stores.runs.standAt(runKey, position),

    updateContact(runKey, contactId, patch, { next: following, ...entry }) {
      return database.transaction(async (session) => {
        const run = await stores.runs.get(runKey, session);
        const done = run?.log.find(({ position }) => position.join() === entry.position.join());
        if (done) return done.eventIds ?? [];
        const contact = run && (await stores.contacts.get(run.workspaceId, contactId, session));
        if (!contact) return [];
        const nowMs = entry.at.getTime();
        const { contact: next, changes } = applyPatch(contact, patch, nowMs, nowMs);
        const isTooLarge = isMetadataTooLarge(next.metadata);
        const events = changes.length > 0 && !isTooLarge ? [contactUpdated(newId('event'), next, changes)] : [];
        const eventIds = events.map(({ id }) => id);
        if (!isTooLarge) await stores.contacts.save({ created: [], changed: [next], robbedIds: [] }, session);
        await stores.events.insert(events, session);
        const result = isTooLarge ? 'skipped: the contact would hold more than 256 KB of traits' : entry.result;
        await stores.runs.logStep(runKey, { ...entry, result, eventIds }, following, session);
        return eventIds;
      });
    },

    async setList(change: {
      workspaceId: string;
      contactId: string;
      listId: string;
      isMember: boolean;
    }): Promise<boolean> {
      const list = await stores.lists.get(change.workspaceId, change.listId);
      if (list) await stores.contacts.setList(change.workspaceId, change.contactId, change.listId, change.isMember);
      return list !== undefined;
    },

    async queueEmail(runKey, { email, from, templateId }, { next, ...entry }) {
      const run = await stores.runs.get(runKey);
      if (!run) return undefined;
      const cause = `${runKey}/${entry.position.join('.')}`;
      const id = stores.emails.idFor(cause, email.contactId);
      const { workspaceId, automationId, automationName } = run;
      await stores.emails.insert([
        {
          ...{ id, workspaceId, kind: 'automation', campaignId: automationId, campaignName: automationName, runKey },
          ...{ ...email, status: 'queued', createdAtMs: entry.at.getTime(), opens: 0, clicks: 0, templateId },
          ...(from === undefined ? {} : { from }),
        },
      ]);
      await stores.runs.logStep(runKey, { ...entry, emailId: id }, next);
      return id;
    },

    async email(emailId) {
      const [row] = await stores.emails.byIds([emailId]);
      return row && emailFrom(row);
    },

    async end(runKey: string, end: { status: 'completed' | 'stopped'; reason?: string }, nowMs: number): Promise<void> {
      const run = await stores.runs.get(runKey);
      // A repeat of the event is known by its message: that must not expire before what it has caused.
      if (run && nowMs - run.startedAt.getTime() > longerMs) {
        await stores.messages.collection.updateOne({ _id: run.messageKey }, { $max: { doneAt: new Date(nowMs) } });
      }
      await stores.runs.end(runKey, end.status, new Date(nowMs), end.reason);
    },
  };
}
