import type { AutomationStatus, Trigger } from './automation';
import type { Contact } from './contact';
import type { DeliveryStatus } from './delivery';
import { didYouMean } from './did-you-mean';
import type { EmailStatus, SuppressionReason } from './email';
import { factsOf } from './ingest';
import type { JsonObject } from './json';
import { explainMessage, sentence } from './why-message';
import { whyNot } from './why-filter';

export const whyKinds = ['ok', 'hint', 'problem'] as const;
/** ok: as it should be · hint: meant to be so, or no fault · problem: what stands in the way. */
export type WhyKind = (typeof whyKinds)[number];
/** The way that a message takes. */
export const whyStages = ['received', 'contact', 'name', 'automation', 'run', 'email', 'webhook'] as const;
export type WhyStage = (typeof whyStages)[number];
export interface Sentence {
  stage: WhyStage;
  kind: WhyKind;
  text: string;
  /** A page of the dashboard. */
  link?: string;
}

/** A received message with all that it has caused. */
export interface MessageFacts {
  id: string;
  receivedAt: string;
  status: 'received' | 'waiting' | 'created' | 'updated' | 'unchanged' | 'recorded' | 'unresolved' | 'failed';
  event: string | null;
  eventKey: string | null;
  contactId: string | null;
  reason: string | null;
  changes: string[];
  properties: JsonObject;
  automations: { automationId: string; name: string; ran: boolean; reason: string | null }[];
  runs: {
    automationId: string;
    automationName: string;
    status: 'running' | 'completed' | 'stopped';
    reason: string | null;
    log: { step: string; result: string }[];
  }[];
  emails: { id: string; to: string; status: EmailStatus; reason: string | null }[];
  webhookEvents: {
    event: string;
    isDispatched: boolean;
    deliveries: {
      id: string;
      endpointId: string;
      endpointUrl: string;
      status: DeliveryStatus;
      attemptCount: number;
      lastStatusCode: number | null;
      lastError: string | null;
      nextAttemptAt: string | null;
    }[];
  }[];
}
export interface AutomationFacts {
  id: string;
  name: string;
  status: AutomationStatus;
  eventKey: string;
  trigger: Trigger;
}
export interface EndpointFacts {
  id: string;
  status: string;
  events: readonly string[];
}

/** What was asked, and what is known about it. `asked` is the text as it came. */
export interface WhyFacts {
  nowMs: number;
  contact?: { asked: string; known?: Contact; suppression?: SuppressionReason; rejections: { reason: string }[] };
  automation?: {
    asked: string;
    known?: AutomationFacts;
    run?: { startedAt: string; status: string; reason: string | null };
  };
  event?: { asked: string; key: string };
  /** The message that the answer is about: the one that was asked for, or the newest that fits. */
  message?: MessageFacts;
  /** A message was asked for by its id, and there is none. */
  missing?: { messageId: string; rejection?: { reason: string } };
  /** Names that tracks came by lately: of the contact, or else of anybody. */
  cameKeys: readonly string[];
  /** When a track by the name last came for anybody. */
  cameForOthersAt?: string;
  listenedKeys: readonly string[];
  /** Those that listen to the event that it is about. */
  listeners: readonly AutomationFacts[];
  endpoints: readonly EndpointFacts[];
  hasWebhooks: boolean;
}

/** Why something happened, or did not: in words, along the way that a message takes. */
export function explain(facts: WhyFacts): Sentence[] {
  const { message, missing } = facts;
  return [
    ...(missing ? missingMessage(missing) : []),
    ...person(facts),
    ...(message ? explainMessage(message, facts) : nothingCame(facts)),
    ...noListener(facts),
    ...askedAutomation(facts),
  ];
}

/** For each stage of the way the gravest thing that is said of it. */
export function stagesOf(sentences: readonly Sentence[]): { stage: WhyStage; kind: WhyKind | 'none' }[] {
  return whyStages.map((stage) => {
    const kinds = sentences.filter((each) => each.stage === stage).map(({ kind }) => kind);
    return { stage, kind: [...whyKinds].reverse().find((kind) => kinds.includes(kind)) ?? 'none' };
  });
}

function missingMessage({ messageId, rejection }: NonNullable<WhyFacts['missing']>): Sentence[] {
  if (rejection) {
    const text = sentence(`The message "${messageId}" was refused: ${rejection.reason}`);
    return [{ stage: 'received', kind: 'problem', text, link: '/rejections' }];
  }
  const text = `No message "${messageId}" has come; look whether the platform sends to this workspace, with a key of it.`;
  return [{ stage: 'received', kind: 'problem', text, link: '/settings/integrations' }];
}

function person({ contact }: WhyFacts): Sentence[] {
  if (!contact) return [];
  const { asked, known, suppression, rejections } = contact;
  const sentences: Sentence[] = [];
  const say = (kind: WhyKind, text: string, link: string): void =>
    void sentences.push({ stage: 'contact', kind, text, link });
  if (!known) {
    say('problem', `No identify has come for ${asked}, and nobody has added them.`, '/settings/integrations');
    for (const { reason } of rejections)
      say('hint', sentence(`A message that names ${asked} was refused: ${reason}`), '/rejections');
  } else {
    const link = `/contacts/${known.id}`;
    say('ok', `${known.email} is a contact since ${new Date(known.createdAtMs).toISOString()}.`, link);
    if (known.status !== 'active') {
      const text = `${known.email} ${known.status === 'unsubscribed' ? 'has unsubscribed' : `has ${known.status}`}: email of campaigns and automations is held back.`;
      say('hint', text, link);
    }
  }
  if (suppression !== undefined) {
    say('hint', `The address is suppressed (${suppression}): nothing is sent to it.`, '/suppressions');
  }
  return sentences;
}

/** A name was asked for, or an automation stands for one, and no message by it was found. */
function nothingCame(facts: WhyFacts): Sentence[] {
  const { contact, automation, event, missing, cameKeys, cameForOthersAt } = facts;
  const name = event?.asked ?? automation?.known?.trigger.eventName;
  if (missing || (contact && !contact.known)) return [];
  if (name === undefined) {
    return contact ? [{ stage: 'received', kind: 'hint', text: 'No message has come for this contact.' }] : [];
  }
  const whose = contact?.known ? ` for ${contact.known.email}` : '';
  const key = event?.key ?? automation?.known?.eventKey ?? '';
  const near = didYouMean(key, cameKeys);
  const sentences: Sentence[] = [{ stage: 'received', kind: 'problem', text: `No track "${name}" has come${whose}.` }];
  if (near.length > 0) {
    sentences.push({ stage: 'name', kind: 'hint', text: `What came is ${quoted(near)}: is that the one meant?` });
  }
  if (contact && cameForOthersAt !== undefined) {
    const link = `/events?event=${encodeURIComponent(name)}`;
    sentences.push({
      stage: 'received',
      kind: 'hint',
      text: `It has come for others, last at ${cameForOthersAt}.`,
      link,
    });
  }
  return sentences;
}

function noListener({ message, event, listeners, listenedKeys }: WhyFacts): Sentence[] {
  const key = message?.eventKey ?? (message ? undefined : event?.key);
  if (key === undefined || key === null) return [];
  if (listeners.length > 0) {
    if (message?.status !== 'recorded' || message.automations.length > 0) return [];
    const names = quoted(listeners.map(({ name }) => name));
    return [{ stage: 'automation', kind: 'hint', text: `Nothing listened to it when it came; ${names} does now.` }];
  }
  const sentences: Sentence[] = [
    { stage: 'automation', kind: 'problem', text: `No automation listens to "${key}".`, link: '/automations' },
  ];
  const near = didYouMean(key, listenedKeys);
  if (near.length > 0) {
    const text = `Did you mean ${quoted(near)}? An automation listens to that.`;
    sentences.push({ stage: 'name', kind: 'hint', text, link: '/automations' });
  }
  return sentences;
}

function askedAutomation(facts: WhyFacts): Sentence[] {
  const { automation, message } = facts;
  if (!automation) return [];
  const { asked, known, run } = automation;
  if (!known)
    return [
      { stage: 'automation', kind: 'problem', text: `There is no automation ${asked}; it may have been deleted.` },
    ];
  const link = `/automations/${known.id}`;
  const sentences: Sentence[] = [];
  const say = (stage: WhyStage, kind: WhyKind, text: string): void => void sentences.push({ stage, kind, text, link });
  const key = message?.eventKey ?? facts.event?.key;
  if (key !== undefined && key !== known.eventKey) {
    const hint = didYouMean(key, [known.eventKey]).length > 0 ? ` (did you mean "${known.eventKey}"?)` : '';
    say('name', 'problem', `"${known.name}" did not start: name "${key}" is not "${known.eventKey}"${hint}.`);
  }
  if (known.status !== 'active') {
    say('automation', 'problem', `"${known.name}" is ${known.status}; it starts for nobody until it is activated.`);
  }
  const failed = whyNotNow(known, facts);
  if (failed !== undefined)
    say(
      'automation',
      'problem',
      sentence(`As the contact is now, the filter of "${known.name}" does not let it in: ${failed}`),
    );
  const isTold = message?.runs.some(({ automationId }) => automationId === known.id) ?? false;
  if (run && !isTold) {
    const why = run.reason === null ? '' : `, ${run.reason}`;
    const text =
      run.status === 'running'
        ? `The contact is in it already, since ${run.startedAt}.`
        : `The contact was in it: ${run.status}${why}, begun at ${run.startedAt}.`;
    say('run', 'ok', sentence(text));
  }
  return sentences;
}

/** Where the message itself says nothing of this automation, or its filter has let nobody in then. */
function whyNotNow({ id, trigger, eventKey }: AutomationFacts, { contact, message }: WhyFacts): string | undefined {
  const hasStarted = message?.automations.some((each) => each.automationId === id && each.ran) ?? false;
  if (!contact?.known || trigger.filter === undefined || hasStarted) return undefined;
  const properties = message?.eventKey === eventKey ? message.properties : undefined;
  // Without an event nothing is known of its properties.
  if (!properties && JSON.stringify(trigger.filter).includes('"properties.')) return undefined;
  return whyNot(trigger.filter, factsOf(contact.known, properties ?? {}));
}

function quoted(keys: readonly string[]): string {
  return keys.map((key) => `"${key}"`).join(' or ');
}
