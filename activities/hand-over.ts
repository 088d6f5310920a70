import type { Delivery } from '../domain/delivery';
import { workflowIds } from '../domain/ids';
import type { FailedDelivery } from './attempt-group';

/** So few go on by themselves, each with a workflow that an operator can look at. */
const maxAlone = 3;
/** Deliveries on one timeline: bounds its history, and what is due at the same moment. */
const maxGroup = 100;
/** Deliveries share a timeline only when they are due within this time of each other, and wait for the last of them. */
const windowMs = 1_000;

/** Needs: src/mongo/group-log.ts. */
export interface Carriers {
  find(deliveryIds: string[]): Promise<Delivery[]>;
  /** Makes `to` the carrier of those that `from` still carries. */
  move(deliveryIds: string[], from: string, to: string): Promise<void>;
}
/** Needs: src/temporal/start.ts. */
export interface CarrierStarter {
  /** Starts the delivery's own workflow, its wait running already. */
  startDelivery(delivery: Delivery): Promise<void>;
  startRetryGroup(group: {
    groupId: string;
    deliveries: [Delivery, ...Delivery[]];
    together: DueTogether;
  }): Promise<void>;
}

/** Deliveries on one timeline: all have made `slot` attempts of their round, and are due at `dueAtMs`. */
export interface DueTogether {
  deliveries: { id: string; round: number }[];
  slot: number;
  dueAtMs: number;
  /** Asked for by a person, not by the timeline. */
  isManual?: true;
}

/** Failures that may share a timeline: of one slot, and due within a second of each other. None is attempted early. */
export function dueTogether(failed: readonly FailedDelivery[]): DueTogether[] {
  const groups: (DueTogether & { firstAtMs: number })[] = [];
  const inOrder = [...failed].sort(
    (a, b) => a.attemptsInRound - b.attemptsInRound || a.nextAttemptAtMs - b.nextAttemptAtMs,
  );
  for (const { id, round, attemptsInRound: slot, nextAttemptAtMs: atMs } of inOrder) {
    const last = groups.at(-1);
    const fits = last && last.slot === slot && atMs - last.firstAtMs <= windowMs && last.deliveries.length < maxGroup;
    const group = fits ? last : { deliveries: [], slot, dueAtMs: atMs, firstAtMs: atMs };
    if (!fits) groups.push(group);
    group.deliveries.push({ id, round });
    group.dueAtMs = atMs;
  }
  return groups.map(({ firstAtMs: _first, ...group }) => group);
}

export interface HandOverInput {
  endpointId: string;
  failed: FailedDelivery[];
  /** The workflow that carries them until now. */
  carrier: string;
  groupId: string;
}

/** Gives deliveries that failed in a group to the workflows that carry them along their timeline. */
export function createHandOver(deps: { carriers: Carriers; starter: CarrierStarter }) {
  /** What `from` carries, or an earlier try of this has given to `to` already; anything else was taken over or closed. */
  const moved = async (deliveries: Delivery[], from: string, to: string): Promise<Delivery[]> => {
    const ids = deliveries
      .filter(({ status, workflowId }) => status === 'retrying' && (workflowId === from || workflowId === to))
      .map(({ id }) => id);
    await deps.carriers.move(ids, from, to);
    return deliveries.filter(({ id }) => ids.includes(id)).map((delivery) => ({ ...delivery, workflowId: to }));
  };

  return {
    /** `groupId` is the same in every try, so that a group that was started already is found and not started twice. */
    async handOver(input: HandOverInput): Promise<void> {
      const { endpointId, failed, carrier } = input;
      const stored = await deps.carriers.find(failed.map(({ id }) => id));
      if (failed.length <= maxAlone) {
        for (const delivery of stored) {
          const own = workflowIds.webhookDelivery(delivery);
          for (const each of await moved([delivery], carrier, own)) await deps.starter.startDelivery(each);
        }
        return;
      }
      for (const [index, together] of dueTogether(failed).entries()) {
        const groupId = index === 0 ? input.groupId : `${input.groupId}-${index + 1}`;
        const ids = new Set(together.deliveries.map(({ id }) => id));
        const to = workflowIds.webhookRetryGroup({ endpointId, groupId });
        const rows = stored.filter(({ id }) => ids.has(id));
        const [first, ...rest] = await moved(rows, carrier, to);
        if (first) await deps.starter.startRetryGroup({ groupId, deliveries: [first, ...rest], together });
      }
    },
  };
}
