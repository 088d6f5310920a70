import { z } from 'zod';
import { deliveryStatuses, type Delivery } from '../../domain/delivery';
import { emailStatuses } from '../../domain/email';
import type { AutomationTrace } from '../../domain/ingest';
import { workflowIds } from '../../domain/ids';
import { webhookEventTypes } from '../../domain/webhook-events';
import { runStatuses, type AutomationRunDocument, type AutomationRunStore } from '../mongo/automation-runs';
import type { EmailEventStore } from '../mongo/email-events';
import type { EmailDocument, EmailStore } from '../mongo/emails';
import type { MessageDocument } from '../mongo/messages';
import type { WebhookDeliveryStore } from '../mongo/webhook-deliveries';
import { maxEndpoints, type WebhookEndpoint, type WebhookEndpointStore } from '../mongo/webhook-endpoints';
import type { WebhookEventStore } from '../mongo/webhook-events';

/** What is looked up of one event: runs, and of each email what was heard of it. */
const maxRuns = 50;
const maxHeard = 50;

const time = z.iso.datetime();
/** What an event has caused, as far as that is there by now. */
export const eventEffectsSchema = z.object({
  runs: z.array(
    z.object({
      id: z.string(),
      automationId: z.string(),
      automationName: z.string(),
      status: z.enum(runStatuses),
      reason: z.string().nullable(),
      startedAt: time,
      endedAt: time.nullable(),
      log: z.array(z.object({ step: z.string(), at: time, result: z.string(), emailId: z.string().nullable() })),
      workflowId: z.string(),
      temporalUrl: z.string().nullable(),
    }),
  ),
  emails: z.array(
    z.object({
      id: z.string(),
      to: z.string(),
      subject: z.string().nullable(),
      status: z.enum(emailStatuses),
      reason: z.string().nullable(),
    }),
  ),
  webhookEvents: z.array(
    z.object({
      id: z.string(),
      event: z.enum(webhookEventTypes),
      createdAt: time,
      isDispatched: z.boolean().describe('Whether its deliveries were made; none are where no endpoint asks for it'),
      deliveries: z.array(
        z.object({
          id: z.string(),
          endpointId: z.string(),
          endpointUrl: z.string(),
          status: z.enum(deliveryStatuses),
          attemptCount: z.int(),
          lastStatusCode: z.int().nullable(),
          lastError: z.string().nullable(),
          nextAttemptAt: time.nullable(),
          workflowId: z.string(),
          temporalUrl: z.string().nullable(),
        }),
      ),
    }),
  ),
});
export type EventEffects = z.infer<typeof eventEffectsSchema>;

export interface EventEffectDeps {
  runs: AutomationRunStore;
  emails: EmailStore;
  emailEvents: EmailEventStore;
  events: WebhookEventStore;
  deliveries: WebhookDeliveryStore;
  endpoints: WebhookEndpointStore;
  temporalUrl: (workflowId: string) => string | null;
}

/** Follows a message to everything that it has caused. */
export async function effectsOf(
  { workspaceId, outcome }: MessageDocument,
  deps: EventEffectDeps,
): Promise<EventEffects> {
  const traces = outcome?.status === 'recorded' ? outcome.automations : [];
  const runs = await runsOf(traces, deps.runs);
  const emails = await deps.emails.byIds(runs.flatMap(({ log }) => log.flatMap(({ emailId }) => emailId ?? [])));
  const eventIds = [
    ...(outcome && 'eventIds' in outcome ? outcome.eventIds : []),
    ...runs.flatMap(({ log }) => log.flatMap((entry) => entry.eventIds ?? [])),
    ...(await eventIdsOf(emails, deps.emailEvents)),
  ];
  return {
    runs: runs.map((run) => showRun(run, deps.temporalUrl)),
    emails: emails.map(showEmail),
    webhookEvents: await webhookEventsOf(workspaceId, [...new Set(eventIds)], deps),
  };
}

async function runsOf(traces: readonly AutomationTrace[], runs: AutomationRunStore): Promise<AutomationRunDocument[]> {
  const keys = traces.flatMap(({ runKey }) => runKey ?? []).slice(0, maxRuns);
  return (await Promise.all(keys.map((key) => runs.get(key)))).flatMap((run) => run ?? []);
}

async function eventIdsOf(emails: readonly EmailDocument[], heard: EmailEventStore): Promise<string[]> {
  const news = await Promise.all(emails.map(({ _id }) => heard.ofEmail(_id, { limit: maxHeard })));
  const told = news.flat().flatMap(({ outcome }) => (outcome?.status === 'counted' ? outcome.eventIds : []));
  return [...emails.flatMap(({ deliveredEventId }) => deliveredEventId ?? []), ...told];
}

async function webhookEventsOf(
  workspaceId: string,
  ids: string[],
  deps: EventEffectDeps,
): Promise<EventEffects['webhookEvents']> {
  if (ids.length === 0) return [];
  const [events, endpoints] = await Promise.all([
    deps.events.headsOf(ids),
    deps.endpoints.page(workspaceId, { limit: maxEndpoints }),
  ]);
  const pairs = events.flatMap(({ _id: eventId }) => endpoints.map(({ id: endpointId }) => ({ endpointId, eventId })));
  const deliveries = await deps.deliveries.byPairs(pairs);
  const urls = new Map(endpoints.map(({ id, url }: WebhookEndpoint) => [id, url]));
  return events.map(({ _id: id, type: event, createdAt, isDispatched }) => ({
    ...{ id, event, isDispatched },
    createdAt: createdAt.toISOString(),
    deliveries: deliveries
      .filter(({ eventId }) => eventId === id)
      .map((delivery) => showDelivery(delivery, urls.get(delivery.endpointId) ?? '', deps.temporalUrl)),
  }));
}

function showRun(
  run: AutomationRunDocument,
  temporalUrl: EventEffectDeps['temporalUrl'],
): EventEffects['runs'][number] {
  const workflowId = workflowIds.automationRun(run._id);
  const { _id: id, automationId, automationName, status } = run;
  return {
    ...{ id, automationId, automationName, status, workflowId },
    reason: run.reason ?? null,
    startedAt: run.startedAt.toISOString(),
    endedAt: run.endedAt?.toISOString() ?? null,
    log: run.log.map(({ step, at, result, emailId }) => ({
      ...{ step, at: at.toISOString(), result },
      emailId: emailId ?? null,
    })),
    temporalUrl: temporalUrl(workflowId),
  };
}

function showEmail({ _id: id, to, subject, status, reason }: EmailDocument): EventEffects['emails'][number] {
  return { id, to, subject: subject ?? null, status, reason: reason ?? null };
}

function showDelivery(
  delivery: Delivery,
  endpointUrl: string,
  temporalUrl: EventEffectDeps['temporalUrl'],
): EventEffects['webhookEvents'][number]['deliveries'][number] {
  const { id, endpointId, status, attemptCount, workflowId, nextAttemptAtMs } = delivery;
  return {
    ...{ id, endpointId, endpointUrl, status, attemptCount, workflowId },
    lastStatusCode: delivery.lastStatusCode ?? null,
    lastError: delivery.lastError ?? null,
    nextAttemptAt: nextAttemptAtMs === undefined ? null : new Date(nextAttemptAtMs).toISOString(),
    temporalUrl: temporalUrl(workflowId),
  };
}
