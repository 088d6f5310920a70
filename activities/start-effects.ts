import type { Delivery } from '../domain/delivery';
import { workflowIds, type IdKind } from '../domain/ids';
import type { WebhookEvent, WebhookEventType } from '../domain/webhook-events';
import type { Effects } from './commit-messages';

interface Subscriber {
  id: string;
  workspaceId: string;
  url: string;
  status: 'active' | 'paused' | 'disabled';
  events: WebhookEventType[];
}
/** Needs: src/mongo/delivery-log.ts. */
export interface DispatchStore {
  undispatched(eventIds: string[]): Promise<Omit<WebhookEvent, 'body'>[]>;
  /** Endpoints of the workspaces whose plan has webhooks. */
  subscribers(workspaceIds: string[]): Promise<Subscriber[]>;
  ensureDeliveries(deliveries: Delivery[]): Promise<Delivery[]>;
  markDispatched(eventIds: string[], nowMs: number): Promise<void>;
}
/** Needs: src/temporal/start.ts. Starting what runs already is a success. */
export interface EffectStarter {
  startDelivery(delivery: Delivery): Promise<void>;
  startAutomationRun(run: { key: string; workspaceId: string }): Promise<void>;
  startCustomEvent(messageKey: string): Promise<void>;
  signalContactKnown(messageKey: string): Promise<void>;
}

/** How many workflows one activity starts at a time. */
const startsAtOnce = 10;

/** Starts what a commit has caused. Every part may be repeated: rows are made once and workflow ids are keys. */
export function createStartEffects(deps: {
  dispatch: DispatchStore;
  starter: EffectStarter;
  now: () => number;
  newId: (kind: IdKind) => string;
}) {
  const dispatchEvents = async (eventIds: string[]): Promise<void> => {
    if (eventIds.length === 0) return;
    const events = await deps.dispatch.undispatched(eventIds);
    const subscribers = await deps.dispatch.subscribers([...new Set(events.map(({ workspaceId }) => workspaceId))]);
    const planned = events.flatMap((event) =>
      subscribers
        .filter((endpoint) => endpoint.workspaceId === event.workspaceId && endpoint.events.includes(event.type))
        .map((endpoint) => plan(event, endpoint)),
    );
    const deliveries = await deps.dispatch.ensureDeliveries(planned);
    // What went on since an earlier try, or was cancelled, is left alone.
    const due = deliveries.filter(({ status }) => status === 'pending');
    const held = deliveries.filter(({ status }) => status === 'held');
    if (held.length > 0) due.push(...(await noLongerHeld(held)));
    await inTurns(due, (delivery) => deps.starter.startDelivery(delivery));
    await deps.dispatch.markDispatched(
      events.map(({ id }) => id),
      deps.now(),
    );
  };

  /**
   * What is held has no workflow: resuming the endpoint starts it. An endpoint that was resumed or deleted while the
   * rows were being written has missed them, so it is looked at once more afterwards.
   */
  const noLongerHeld = async (held: Delivery[]): Promise<Delivery[]> => {
    const endpoints = await deps.dispatch.subscribers([...new Set(held.map(({ workspaceId }) => workspaceId))]);
    const holding = new Set(endpoints.filter(({ status }) => status !== 'active').map(({ id }) => id));
    return held.filter(({ endpointId }) => !holding.has(endpointId));
  };

  const plan = (event: Omit<WebhookEvent, 'body'>, endpoint: Subscriber): Delivery => ({
    id: deps.newId('delivery'),
    workspaceId: event.workspaceId,
    endpointId: endpoint.id,
    eventId: event.id,
    eventType: event.type,
    ...(event.contactId === undefined ? {} : { contactId: event.contactId }),
    status: endpoint.status === 'active' ? 'pending' : 'held',
    attemptCount: 0,
    round: 1,
    createdAtMs: deps.now(),
    updatedAtMs: deps.now(),
    host: new URL(endpoint.url).host,
    workflowId: workflowIds.webhookDelivery({ endpointId: endpoint.id, eventId: event.id }),
  });

  return {
    dispatchEvents: (input: { eventIds: string[] }): Promise<void> => dispatchEvents(input.eventIds),

    async startEffects(effects: Effects): Promise<void> {
      await dispatchEvents(effects.eventIds);
      await inTurns(effects.runs, (run) => deps.starter.startAutomationRun(run));
      await inTurns(effects.waiting, (key) => deps.starter.startCustomEvent(key));
      await inTurns(effects.known, (key) => deps.starter.signalContactKnown(key));
    },
  };
}

async function inTurns<Item>(items: Item[], work: (item: Item) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += startsAtOnce) {
    await Promise.all(items.slice(start, start + startsAtOnce).map(work));
  }
}
