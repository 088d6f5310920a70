import { z } from 'zod';
import { didYouMean } from '../../domain/did-you-mean';
import { eventKey } from '../../domain/event-name';
import { workflowIds } from '../../domain/ids';
import { messageOf } from '../mongo/ingest';
import { messageSources, type MessageDocument } from '../mongo/messages';

const outcomeStatuses = ['created', 'updated', 'unchanged', 'recorded', 'unresolved', 'failed'] as const;
/** What a message can be found under: where it stands, and once it is done what came of it. */
export const eventStatuses = ['received', 'waiting', ...outcomeStatuses] as const;

/** A received message as it is answered. */
export const eventSchema = z.object({
  id: z.string(),
  messageId: z.string(),
  type: z.enum(['identify', 'track']),
  source: z.enum(messageSources),
  receivedAt: z.iso.datetime(),
  occurredAt: z.iso.datetime().describe('By the sender, its clock corrected'),
  state: z.enum(['received', 'waiting', 'done']),
  status: z.enum(eventStatuses),
  event: z.string().nullable().describe('The name of a track, as it came'),
  eventKey: z.string().nullable().describe('The name in the form that automations match it in'),
  userId: z.string().nullable().describe('As it came'),
  email: z.string().nullable().describe('By which its contact is looked for'),
  contactId: z.string().nullable(),
  outcome: z
    .object({
      status: z.enum(outcomeStatuses),
      changes: z.array(z.string()).optional().describe('Fields of the contact that changed'),
      eventIds: z.array(z.string()).optional().describe('Webhook events that it caused'),
    })
    .nullable(),
  automations: z.array(
    z.object({
      automationId: z.string(),
      name: z.string(),
      ran: z.boolean(),
      reason: z.string().nullable(),
      workflowId: z.string().nullable(),
      temporalUrl: z.string().nullable(),
    }),
  ),
  reason: z.string().nullable().describe('Why it had no effect, or not yet'),
  didYouMean: z.array(z.string()).describe('Event names near to this one that an automation listens to'),
  notes: z.array(z.string()),
  listId: z.string().nullable(),
  workflowId: z.string(),
  temporalUrl: z.string().nullable(),
});
type EventTrace = z.infer<typeof eventSchema>;

interface TraceContext {
  temporalUrl: (workflowId: string) => string | null;
  lateIdentifyWaitMs: number;
  /** Event keys that automations of the workspace listen to. */
  eventKeys: readonly string[];
}

/** Whether a message is a track that no automation of its workspace listened to. */
export function isUnheard({ outcome }: MessageDocument): boolean {
  return outcome?.status === 'recorded' && outcome.automations.length === 0;
}

/** What became of a message, in words where it had no effect. */
export function traceOf(document: MessageDocument, context: TraceContext): EventTrace {
  const { _id: key, outcome, state, type } = document;
  const message = messageOf(document);
  const name = message?.type === 'track' ? message.event : null;
  const eventName = name === null ? null : eventKey(name);
  const workflowId =
    document.workflowId ?? (type === 'identify' ? workflowIds.contactUpsert(key) : workflowIds.customEvent(key));
  return {
    id: key.slice(key.indexOf('/') + 1),
    messageId: document.messageId,
    type,
    source: document.source,
    receivedAt: document.receivedAt.toISOString(),
    occurredAt: document.occurredAt.toISOString(),
    state,
    status: outcome?.status ?? (state === 'waiting' ? 'waiting' : 'received'),
    event: name,
    eventKey: eventName,
    userId: message?.userId ?? null,
    email: message?.email ?? null,
    contactId: outcome && 'contactId' in outcome ? outcome.contactId : null,
    outcome: showOutcome(outcome),
    automations: automationsOf(outcome, context),
    reason: reasonOf(document, eventName, context),
    didYouMean: eventName !== null && isUnheard(document) ? didYouMean(eventName, context.eventKeys) : [],
    notes: outcome && 'notes' in outcome ? outcome.notes : [],
    listId: document.listId ?? null,
    workflowId,
    temporalUrl: context.temporalUrl(workflowId),
  };
}

function showOutcome(outcome: MessageDocument['outcome']): EventTrace['outcome'] {
  if (!outcome) return null;
  const { status } = outcome;
  return 'changes' in outcome ? { status, changes: outcome.changes, eventIds: outcome.eventIds } : { status };
}

function automationsOf(outcome: MessageDocument['outcome'], context: TraceContext): EventTrace['automations'] {
  if (outcome?.status !== 'recorded') return [];
  return outcome.automations.map(({ automationId, name, ran, reason, runKey }) => {
    const workflowId = runKey === undefined ? null : workflowIds.automationRun(runKey);
    const temporalUrl = workflowId === null ? null : context.temporalUrl(workflowId);
    return { automationId, name, ran, reason: reason ?? null, workflowId, temporalUrl };
  });
}

function reasonOf(document: MessageDocument, eventName: string | null, context: TraceContext): string | null {
  const { outcome, state, receivedAt } = document;
  if (state === 'waiting') {
    const until = new Date(receivedAt.getTime() + context.lateIdentifyWaitMs).toISOString();
    return `no contact is known for it yet; it waits for an identify until ${until}`;
  }
  if (!outcome) return 'it is stored and waits for a worker to apply it';
  if ('reason' in outcome) return outcome.reason;
  return isUnheard(document) ? `no automation listens to "${eventName ?? ''}"` : null;
}
