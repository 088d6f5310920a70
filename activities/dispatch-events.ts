import type { Delivery } from '../domain/delivery';
import { workflowIds, type IdKind } from '../domain/ids';
import type { WebhookEvent, WebhookEventType } from '../domain/webhook-events';
import type { DeliveryStarter } from './first-attempts';
import { inTurns } from './in-turns';
import type { Receiver } from './make-attempt';
import type { RecentEvents } from './recent-events';

export interface Subscriber extends Receiver {
  status: 'active' | 'paused' | 'disabled';
  events: WebhookEventType[];
}
export interface Planned {
  delivery: Delivery;
  body: string;
  receiver: Subscriber;
}
/** Needs: src/mongo/delivery-log.ts. */
export interface DispatchStore {
  undispatched(eventIds: string[]): Promise<WebhookEvent[]>;
  /** Endpoints of the workspaces whose plan has webhooks. */
  subscribers(workspaceIds: string[]): Promise<Subscriber[]>;
  ensureDeliveries(deliveries: Delivery[]): Promise<Delivery[]>;
  /** Stores deliveries for their endpoint's webhookDispatch; one that exists already is left as it is. */
  insertForDispatch(deliveries: Delivery[]): Promise<void>;
  markDispatched(eventIds: string[], nowMs: number): Promise<void>;
}
/** More deliveries than an event can have at rest go through their endpoints' lanes: a workflow each would cost too much. */
const maxAlone = 10;

/** Makes the deliveries of events and starts them. May be repeated: rows are made once and workflow ids are keys. */
export function createDispatchEvents(deps: {
  dispatch: DispatchStore;
  starter: DeliveryStarter;
  now: () => number;
  newId: (kind: IdKind) => string;
  /** Where the process that commits events is the one that dispatches them. */
  recentEvents?: RecentEvents;
}) {
  const { dispatch, starter } = deps;

  /** Deliveries that events have at active endpoints, and at those that hold them back. */
  const plan = async (events: WebhookEvent[], carrier?: string): Promise<Planned[]> => {
    const subscribers = await dispatch.subscribers([...new Set(events.map(({ workspaceId }) => workspaceId))]);
    return events.flatMap((event) =>
      subscribers
        .filter((endpoint) => endpoint.workspaceId === event.workspaceId && endpoint.events.includes(event.type))
        .map((receiver) => ({ delivery: planned(event, receiver, carrier), body: event.body, receiver })),
    );
  };

  const planned = (event: WebhookEvent, endpoint: Subscriber, carrier?: string): Delivery => ({
    id: deps.newId('delivery'),
    workspaceId: event.workspaceId,
    endpointId: endpoint.id,
    eventId: event.id,
    eventType: event.type,
    ...(event.contactId === undefined ? {} : { contactId: event.contactId }),
    status: endpoint.status === 'active' ? 'pending' : 'held',
    attemptCount: 0,
    round: 1,
    attemptsInRound: 0,
    createdAtMs: deps.now(),
    updatedAtMs: deps.now(),
    host: new URL(endpoint.url).host,
    workflowId:
      endpoint.status === 'active'
        ? (carrier ?? workflowIds.webhookDelivery({ endpointId: endpoint.id, eventId: event.id }))
        : workflowIds.webhookDispatch(endpoint.id),
  });

  /** Each delivery in a workflow of its own, or in its endpoint's lane where they are many. */
  const startDeliveries = async (planned: Planned[]): Promise<void> => {
    const active = planned.filter(({ delivery }) => delivery.status === 'pending');
    if (active.length > maxAlone) await leaveToLanes(active);
    const stored = await dispatch.ensureDeliveries(planned.map(({ delivery }) => delivery));
    // What went on since an earlier try, was cancelled, or is in a lane, is left alone.
    const due = stored.filter(
      (delivery) => delivery.status === 'pending' && delivery.workflowId === workflowIds.webhookDelivery(delivery),
    );
    const held = stored.filter(({ status }) => status === 'held');
    if (held.length > 0) due.push(...(await noLongerHeld(held)));
    await inTurns(due, (delivery) => starter.startDelivery(delivery));
  };

  const leaveToLanes = async (planned: Planned[]): Promise<void> => {
    const receivers = new Map(planned.map(({ receiver }) => [receiver.id, receiver]));
    await dispatch.insertForDispatch(
      planned.map(({ delivery }) => ({ ...delivery, workflowId: workflowIds.webhookDispatch(delivery.endpointId) })),
    );
    for (const receiver of receivers.values()) await starter.startDispatch(receiver);
  };

  /**
   * What is held has no workflow: resuming the endpoint starts it. An endpoint that was resumed or deleted while the
   * rows were being written has missed them, so it is looked at once more afterwards.
   */
  const noLongerHeld = async (held: Delivery[]): Promise<Delivery[]> => {
    const endpoints = await dispatch.subscribers([...new Set(held.map(({ workspaceId }) => workspaceId))]);
    const holding = new Set(endpoints.filter(({ status }) => status !== 'active').map(({ id }) => id));
    return held.filter(({ endpointId }) => !holding.has(endpointId));
  };

  /** Those of the events that have no deliveries yet. */
  const undispatched = async (eventIds: string[]): Promise<WebhookEvent[]> => {
    const recent = deps.recentEvents?.take(eventIds) ?? new Map<string, WebhookEvent>();
    const missing = eventIds.filter((id) => !recent.has(id));
    return [...recent.values(), ...(missing.length > 0 ? await dispatch.undispatched(missing) : [])];
  };

  return {
    plan,
    undispatched,
    startDeliveries,
    dispatchEvents: async (input: { eventIds: string[] }): Promise<void> => {
      if (input.eventIds.length === 0) return;
      const events = await undispatched(input.eventIds);
      await startDeliveries(await plan(events));
      const ids = events.map(({ id }) => id);
      await dispatch.markDispatched(ids, deps.now());
    },
  };
}
export type DispatchEvents = ReturnType<typeof createDispatchEvents>;
