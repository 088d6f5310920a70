import { normalizeEmail } from '../../domain/email-address';
import { eventKey } from '../../domain/event-name';
import { isId, messageKey } from '../../domain/ids';
import type { AutomationFacts, MessageFacts, WhyFacts } from '../../domain/why';
import type { AutomationStore } from '../mongo/automations';
import type { ContactStore } from '../mongo/contacts';
import { messageOf } from '../mongo/ingest';
import { maxEventKeyLength, type MessageDocument, type MessageStore } from '../mongo/messages';
import type { RejectionStore } from '../mongo/rejections';
import type { SuppressionStore } from '../mongo/suppressions';
import { maxEndpoints } from '../mongo/webhook-endpoints';
import type { WorkspaceDocument } from '../mongo/workspaces';
import { sha256Hex } from '../sha256';
import { effectsOf, type EventEffectDeps } from './event-effects';
import { traceOf } from './event-trace';

/** How far back is looked for what fits: messages of a contact, names that came, what was refused. */
const lookBack = 200;
const maxMentions = 3;

export interface WhyQuestion {
  contact?: string | undefined;
  automation?: string | undefined;
  event?: string | undefined;
  messageId?: string | undefined;
}

export interface WhyDeps extends EventEffectDeps {
  messages: MessageStore;
  contacts: ContactStore;
  automations: AutomationStore;
  rejections: RejectionStore;
  suppressions: SuppressionStore;
  lateIdentifyWaitMs: number;
  now: () => number;
}

/** Looks up all that a question is about. */
export async function factsFor(workspace: WorkspaceDocument, question: WhyQuestion, deps: WhyDeps): Promise<WhyFacts> {
  const workspaceId = workspace._id;
  const [document, automation, listenedKeys, endpoints] = await Promise.all([
    question.messageId === undefined ? undefined : byMessageId(workspaceId, question.messageId, deps),
    question.automation === undefined ? undefined : deps.automations.get(workspaceId, question.automation),
    deps.automations.eventKeys(workspaceId),
    deps.endpoints.page(workspaceId, { limit: maxEndpoints }),
  ]);
  const asked = question.contact ?? contactIdOf(document);
  const contact = asked === undefined ? undefined : await contactFacts(workspaceId, asked, deps);
  const known = contact?.known;
  const recent = await recentMessages(workspaceId, known?.id, deps);
  const key = question.event === undefined ? automation?.eventKey : eventKey(question.event);
  const isSearched = question.messageId === undefined && (question.contact === undefined || known !== undefined);
  const found =
    document ?? (isSearched ? await newestFitting(workspaceId, key, known ? recent : undefined, deps) : undefined);
  const message = found && (await messageFacts(found, listenedKeys, deps));
  const about = message?.eventKey ?? (message ? undefined : key);
  const listeners = about === undefined ? [] : await deps.automations.listeningTo(workspaceId, [about]);
  const anybody =
    known && !message && key !== undefined ? await newestFitting(workspaceId, key, undefined, deps) : undefined;
  return {
    nowMs: deps.now(),
    ...(contact ? { contact } : {}),
    ...(question.automation === undefined
      ? {}
      : { automation: await automationFacts(question.automation, automation, known?.id, deps) }),
    ...(question.event === undefined ? {} : { event: { asked: question.event, key: eventKey(question.event) } }),
    ...(message ? { message } : {}),
    ...(question.messageId !== undefined && !document
      ? { missing: await missingFacts(workspaceId, question.messageId, deps) }
      : {}),
    cameKeys: [...new Set(recent.flatMap((row) => row.eventKey ?? []))],
    ...(anybody ? { cameForOthersAt: anybody.receivedAt.toISOString() } : {}),
    ...{ listenedKeys, listeners, endpoints },
    hasWebhooks: workspace.plan !== 'hobby',
  };
}

function contactIdOf(document: MessageDocument | undefined): string | undefined {
  return document?.outcome && 'contactId' in document.outcome ? document.outcome.contactId : undefined;
}

async function byMessageId(workspaceId: string, id: string, deps: WhyDeps): Promise<MessageDocument | undefined> {
  const key = messageKey(workspaceId, id, sha256Hex);
  return (await deps.messages.byKeys([key]))[0];
}

/** By id, address or user id, as somebody has it at hand. */
async function contactFacts(
  workspaceId: string,
  asked: string,
  deps: WhyDeps,
): Promise<NonNullable<WhyFacts['contact']>> {
  const email = normalizeEmail(asked);
  const known = isId('contact', asked)
    ? await deps.contacts.get(workspaceId, asked)
    : (await deps.contacts.find(workspaceId, { emails: email === undefined ? [] : [email], userIds: [asked] }))[0];
  const address = known?.email ?? email;
  const suppressed = address === undefined ? undefined : await deps.suppressions.among(workspaceId, [address]);
  const suppression = address === undefined ? undefined : suppressed?.get(address);
  return {
    ...{ asked, rejections: known ? [] : await refusedNaming(workspaceId, asked, deps) },
    ...(known ? { known } : {}),
    ...(suppression ? { suppression: suppression.reason } : {}),
  };
}

/** Of what was refused lately, what holds the text that somebody looks for. */
async function refusedNaming(workspaceId: string, text: string, deps: WhyDeps): Promise<{ reason: string }[]> {
  const rows = await deps.rejections.page(workspaceId, { limit: lookBack });
  return rows.filter(({ body }) => body.includes(text)).slice(0, maxMentions);
}

async function missingFacts(
  workspaceId: string,
  messageId: string,
  deps: WhyDeps,
): Promise<NonNullable<WhyFacts['missing']>> {
  const rows = await deps.rejections.page(workspaceId, { limit: lookBack });
  const rejection = rows.find((row) => row.messageId === messageId);
  return { messageId, ...(rejection ? { rejection } : {}) };
}

/** Of the contact, or else the latest tracks of anybody. */
function recentMessages(workspaceId: string, contactId: string | undefined, deps: WhyDeps): Promise<MessageDocument[]> {
  const filter = contactId === undefined ? { type: 'track' as const } : { 'outcome.contactId': contactId };
  return deps.messages.page({ workspaceId, ...filter }, { limit: lookBack });
}

/** The newest message of these that has the name, or the newest at all; among those of anybody only one with a name. */
async function newestFitting(
  workspaceId: string,
  key: string | undefined,
  ofContact: readonly MessageDocument[] | undefined,
  deps: WhyDeps,
): Promise<MessageDocument | undefined> {
  const wanted = key?.slice(0, maxEventKeyLength);
  if (ofContact) return ofContact.find((row) => wanted === undefined || row.eventKey === wanted);
  if (wanted === undefined) return undefined;
  return (await deps.messages.page({ workspaceId, type: 'track', eventKey: wanted }, { limit: 1 }))[0];
}

async function messageFacts(
  document: MessageDocument,
  eventKeys: readonly string[],
  deps: WhyDeps,
): Promise<MessageFacts> {
  const trace = traceOf(document, { ...deps, eventKeys });
  const message = messageOf(document);
  return {
    ...trace,
    ...(await effectsOf(document, deps)),
    changes: trace.outcome?.changes ?? [],
    properties: message?.type === 'track' ? message.properties : {},
  };
}

async function automationFacts(
  asked: string,
  known: AutomationFacts | undefined,
  contactId: string | undefined,
  deps: WhyDeps,
): Promise<NonNullable<WhyFacts['automation']>> {
  const runs = known && contactId !== undefined ? await deps.runs.ofContact(contactId, { limit: lookBack }) : [];
  const run = runs.find(({ automationId }) => automationId === known?.id);
  return {
    asked,
    ...(known ? { known } : {}),
    ...(run ? { run: { startedAt: run.startedAt.toISOString(), status: run.status, reason: run.reason ?? null } } : {}),
  };
}
