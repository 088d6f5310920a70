import { z } from 'zod';
import type { Starter } from '../temporal/start';
import { createDeliveryActions, type DeliveryActionDeps } from './delivery-actions';
import { createDeliveryReader, deliveryDetailSchema, showAttempt, showEndpointOf, timelineOf } from './delivery-detail';
import type { WebhookAttemptStore } from '../mongo/webhook-attempts';
import { showDelivery } from './delivery-schema';
import { toProblem } from './problem';
import { route, type Route } from './route';

const maxIds = 100;
/** Each asks Temporal: more at a time would hold up the starts of what comes in. */
const atATime = 10;

const queued = z.object({ id: z.string(), status: z.literal('queued'), detail: z.string() });
const manyIds = z.strictObject({
  ids: z
    .array(z.string(), { error: `must be the ids of 1 to ${maxIds} deliveries` })
    .min(1, { error: 'must name at least one delivery' })
    .max(maxIds, { error: `must be at most ${maxIds} ids; send the rest in another call` })
    .transform((ids) => [...new Set(ids)]),
});
const results = z.object({
  queued: z.int(),
  refused: z.int(),
  results: z.array(
    z.object({
      id: z.string(),
      status: z.enum(['queued', 'refused']),
      code: z.string().nullable().describe('Why it was refused, for programs'),
      detail: z.string(),
    }),
  ),
});

export interface DeliveryRouteDeps extends DeliveryActionDeps {
  attempts: WebhookAttemptStore;
  starter: Pick<Starter, 'retrigger' | 'cancelDelivery' | 'retryDelaysMs'>;
  temporalUrl: (workflowId: string) => string | null;
}

/** One delivery with its timeline, and what can be done to deliveries by hand. */
export function deliveryRoutes(deps: DeliveryRouteDeps): Route[] {
  const actions = createDeliveryActions(deps);
  const read = createDeliveryReader(deps);

  return [
    route({
      method: 'post',
      path: '/webhook-deliveries/retrigger',
      tag: 'Deliveries',
      summary: `Attempt up to ${maxIds} deliveries now`,
      status: 202,
      body: manyIds,
      response: results,
      handle: ({ caller, body }) => onEach(body.ids, (id) => actions.retrigger(caller.workspace._id, id)),
    }),
    route({
      method: 'post',
      path: '/webhook-deliveries/cancel',
      tag: 'Deliveries',
      summary: `Make no further attempts of up to ${maxIds} deliveries`,
      status: 202,
      body: manyIds,
      response: results,
      handle: ({ caller, body }) => onEach(body.ids, (id) => actions.cancel(caller.workspace._id, id)),
    }),
    route({
      method: 'get',
      path: '/webhook-deliveries/:id',
      tag: 'Deliveries',
      summary: 'One delivery with its timeline, its payload and every attempt',
      status: 200,
      response: deliveryDetailSchema,
      async handle({ caller, params }) {
        const parts = await read(await actions.find(caller.workspace._id, params['id']));
        return {
          ...showDelivery(parts.delivery, deps.temporalUrl),
          endpoint: showEndpointOf(parts),
          timeline: timelineOf(parts, deps.starter.retryDelaysMs),
          payload: parts.body === undefined ? null : JSON.parse(parts.body),
          body: parts.body ?? null,
          attempts: parts.attempts.map((attempt) => showAttempt(attempt, parts)),
        };
      },
    }),
    route({
      method: 'post',
      path: '/webhook-deliveries/:id/retrigger',
      tag: 'Deliveries',
      summary: 'Attempt a delivery now, whatever its status',
      status: 202,
      response: queued,
      async handle({ caller, params }) {
        const detail = await actions.retrigger(caller.workspace._id, params['id']);
        return { id: params['id'] ?? '', status: 'queued' as const, detail };
      },
    }),
    route({
      method: 'post',
      path: '/webhook-deliveries/:id/cancel',
      tag: 'Deliveries',
      summary: 'Make no further attempts',
      status: 202,
      response: queued,
      async handle({ caller, params }) {
        const detail = await actions.cancel(caller.workspace._id, params['id']);
        return { id: params['id'] ?? '', status: 'queued' as const, detail };
      },
    }),
  ];
}

/** Does it to each; what is refused does not stop the others. */
async function onEach(ids: string[], act: (id: string) => Promise<string>): Promise<z.infer<typeof results>> {
  const outcomes: z.infer<typeof results>['results'] = [];
  for (let start = 0; start < ids.length; start += atATime) {
    outcomes.push(...(await Promise.all(ids.slice(start, start + atATime).map((id) => outcomeOf(id, act)))));
  }
  const refused = outcomes.filter(({ status }) => status === 'refused').length;
  return { queued: outcomes.length - refused, refused, results: outcomes };
}

async function outcomeOf(
  id: string,
  act: (id: string) => Promise<string>,
): Promise<z.infer<typeof results>['results'][number]> {
  try {
    return { id, status: 'queued', code: null, detail: await act(id) };
  } catch (error) {
    const problem = toProblem(error);
    // A fault of our own is everybody's.
    if (!problem || problem.status >= 500) throw error;
    return { id, status: 'refused', code: problem.code, detail: problem.detail };
  }
}
