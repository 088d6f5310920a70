import { z } from 'zod';
import type { EmailContent } from '../../domain/email';
import { foldSignUp, patchFromValues, type Form } from '../../domain/form';
import type { Database } from './connect';
import { newId } from './new-id';
import { signupId, type SignupDocument } from './signups';
import type { Stores } from './stores';

/** What is to be started after a commit. */
export interface SignUpCommit {
  eventIds: string[];
  email: string;
}
/** repeated: it was confirmed before, and has no effect any more. expired: nothing is known of it. */
export type Confirmation = ({ kind: 'confirmed' } & SignUpCommit) | { kind: 'repeated' } | { kind: 'expired' };

/** A form must not be a means to fill a stranger's mailbox: so often in a week, and not again at once. */
const maxMails = 5;
const mailEveryMs = 5 * 60_000;
const pairsSchema = z.array(z.tuple([z.string(), z.string()]));

/** What was typed in stays out of the email, so that nobody can have words of their own sent to a stranger. */
const confirmation: EmailContent = {
  subject: '{{ data.subject }}',
  html: [
    '<p>Please confirm that you want to sign up: {{ data.formName | escape }}.</p>',
    '<p><a href="{{ data.url | escape }}">Confirm</a></p>',
    '<p>If it was not you, leave this email alone: nothing happens without the confirmation.</p>',
  ].join('\n'),
  text: [
    'Please confirm that you want to sign up: {{ data.formName }}.',
    '{{ data.url }}',
    'If it was not you, leave this email alone: nothing happens without the confirmation.',
  ].join('\n\n'),
};

/** Sign-ups through forms: each write and the webhook event that it causes are one transaction. */
export function createSignUpWrites(
  database: Database,
  stores: Pick<Stores, 'contacts' | 'lists' | 'events' | 'forms' | 'signups' | 'emails' | 'suppressions'>,
  confirmUrl: (formId: string, signupId: string) => string,
) {
  const { contacts, lists, events, signups, emails } = stores;

  const join = (
    form: Form,
    who: { email: string; values: ReadonlyMap<string, string>; isConfirmed: boolean },
    nowMs: number,
    guard?: (session: Parameters<Parameters<Database['transaction']>[0]>[0]) => Promise<boolean>,
  ): Promise<SignUpCommit | undefined> =>
    database.transaction(async (session) => {
      if (guard && !(await guard(session))) return undefined;
      const { workspaceId } = form;
      const { email, values, isConfirmed } = who;
      const [known] = await contacts.find(workspaceId, { emails: [email], userIds: [] }, session);
      const listIds = [...(await lists.existing(workspaceId, form.listIds, session))];
      const signUp = { workspaceId, email, listIds, patch: patchFromValues(values), isConfirmed };
      const folded = foldSignUp(signUp, known, { nowMs, newId });
      const written = folded.isNew
        ? { created: [folded.contact], changed: [] }
        : { created: [], changed: [folded.contact] };
      await contacts.save({ ...written, robbedIds: [] }, session);
      await events.insert(folded.events, session);
      // Who sends an open form again joins nothing.
      const isNew = folded.isNew || isConfirmed || listIds.some((id) => !known?.listIds.includes(id));
      if (isNew) await stores.forms.count(form.id, 'joined', session);
      if (isConfirmed) await stores.suppressions.liftUnsubscribed(workspaceId, email, session);
      return { email, eventIds: folded.events.map(({ id }) => id) };
    });

  return {
    /** Without double opt-in. */
    async subscribe(form: Form, email: string, values: ReadonlyMap<string, string>, nowMs: number) {
      const commit = await join(form, { email, values, isConfirmed: false }, nowMs);
      return commit ?? { email, eventIds: [] };
    },

    /** With double opt-in: the sign-up and its confirmation email, whose id is returned where one is to be sent. */
    ask(form: Form, email: string, values: ReadonlyMap<string, string>, nowMs: number): Promise<string | undefined> {
      const id = signupId(form.id, email);
      const at = new Date(nowMs);
      return database.transaction(async (session) => {
        const before = await signups.get(id, session);
        const isMailed =
          before === undefined || (before.mails < maxMails && nowMs - before.mailedAt.getTime() >= mailEveryMs);
        const signup: SignupDocument = {
          ...{ _id: id, workspaceId: form.workspaceId, formId: form.id, email },
          values: JSON.stringify([...values]),
          mails: (before?.mails ?? 0) + (isMailed ? 1 : 0),
          mailedAt: isMailed ? at : (before?.mailedAt ?? at),
          createdAt: isMailed ? at : (before?.createdAt ?? at),
        };
        await signups.save(signup, session);
        if (before === undefined) await stores.forms.count(form.id, 'asked', session);
        if (!isMailed) return undefined;
        const emailId = newId('email');
        const data = {
          subject: form.confirmSubject ?? `Please confirm: ${form.name}`,
          formName: form.name,
          url: confirmUrl(form.id, id),
        };
        await emails.insert(
          [
            {
              ...{ id: emailId, workspaceId: form.workspaceId, kind: 'confirmation', campaignId: form.id },
              ...{ campaignName: form.name, to: email, status: 'queued', createdAtMs: nowMs, opens: 0, clicks: 0 },
              ...{ content: confirmation, data: JSON.stringify(data) },
            },
          ],
          session,
        );
        return emailId;
      });
    },

    /** What waits for its confirmation, for the page that asks for it. */
    async pending(
      id: string,
    ): Promise<{ form: Form; signup: SignupDocument; values: Map<string, string> } | undefined> {
      const signup = await signups.get(id);
      const form = signup && (await stores.forms.find(signup.formId));
      if (!form) return undefined;
      return { form, signup, values: valuesOf(signup) };
    },

    /** Once: a link that is followed again, perhaps after an unsubscribe, changes nothing. */
    async confirm(id: string, nowMs: number): Promise<Confirmation> {
      const found = await this.pending(id);
      if (!found) return { kind: 'expired' };
      const { form, signup, values } = found;
      const commit = await join(form, { email: signup.email, values, isConfirmed: true }, nowMs, async (session) => {
        const now = await signups.get(id, session);
        if (!now || now.confirmedAt) return false;
        await signups.save({ ...now, confirmedAt: new Date(nowMs) }, session);
        return true;
      });
      return commit ? { kind: 'confirmed', ...commit } : { kind: 'repeated' };
    },
  };
}
export type SignUpWrites = ReturnType<typeof createSignUpWrites>;

function valuesOf({ values }: SignupDocument): Map<string, string> {
  return new Map(pairsSchema.parse(JSON.parse(values)));
}
