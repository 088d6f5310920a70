import type { Stream, StreamOutcome } from './client/load';
import type { Taken } from './mail/sink-process';
import { differences, distribution, largest, smallest, type Distribution } from './stats';
import type { Measured } from './system/meter';

/** The figures of one stream of a load, or of several that are alike. */
export interface StreamFigures {
  name: string;
  offered: string;
  /** Events a second that the pace asks for; absent where each client waits for its answer. */
  offeredPerSecond?: number;
  sent: number;
  accepted: number;
  refused: number;
  failedPosts: number;
  lost: number;
  doubled: number;
  repeated: number;
  outOfOrderShare: number;
  acceptedPerSecond: number;
  deliveredPerSecond: number;
  /** From when the post was due (open loop) or sent (closed loop). */
  ackMs: Distribution;
  deliveryMs: Distribution;
}

/** One load on one system: its streams, and what the processes spent on it. */
export interface Phase {
  name: string;
  streams: StreamFigures[];
  /** CPU of each process for each accepted event. */
  cpuMsPerEvent: Record<string, number>;
  measured: Measured;
}

/** Streams of one name count as one: tenants that are alike. */
export function figuresByName(streams: readonly Stream[], outcomes: readonly StreamOutcome[]): StreamFigures[] {
  return [...new Set(streams.map(({ name }) => name))].map((name) => {
    const alike = streams.filter((stream) => stream.name === name);
    const offeredPerSecond = alike.reduce((sum, stream) => sum + perSecondOf(stream), 0);
    return {
      ...figuresOf(merged(outcomes.filter((outcome) => outcome.name === name))),
      offered: `${alike.length > 1 ? `${alike.length} × ` : ''}${offeredBy(alike[0])}`,
      ...(Number.isNaN(offeredPerSecond) ? {} : { offeredPerSecond }),
    };
  });
}

/** The figures of emails that an SMTP server has taken: nobody waits for an answer here, so there are no latencies. */
export function mailFigures(
  offered: string,
  count: number,
  { messages, recipients, firstAtMs, lastAtMs }: Taken,
): StreamFigures {
  const perSecond = messages < 2 ? 0 : ((messages - 1) / (lastAtMs - firstAtMs)) * 1_000;
  return {
    ...{ name: 'emails', offered, sent: count, accepted: messages, refused: 0, failedPosts: 0 },
    ...{ lost: count - recipients, doubled: messages - recipients, repeated: 0, outOfOrderShare: 0 },
    ...{ acceptedPerSecond: perSecond, deliveredPerSecond: perSecond },
    ...{ ackMs: distribution([]), deliveryMs: distribution([]) },
  };
}

function figuresOf(outcome: StreamOutcome): Omit<StreamFigures, 'offered'> {
  const { name, sent, accepted, refused, failedPosts, lost, doubled, repeated, outOfOrderShare } = outcome;
  const firstDueAtMs = smallest(outcome.dueAtMs);
  const perSecond = (count: number, lastAtMs: number): number =>
    count === 0 ? 0 : (count / Math.max(1, lastAtMs - firstDueAtMs)) * 1_000;
  return {
    ...{ name, sent, accepted, refused, failedPosts, lost, doubled, repeated, outOfOrderShare },
    acceptedPerSecond: perSecond(accepted, largest(outcome.ackedAtMs)),
    deliveredPerSecond: perSecond(outcome.deliveredAtMs.length, largest(outcome.deliveredAtMs)),
    ackMs: distribution(differences(outcome.ackedAtMs, outcome.dueAtMs)),
    deliveryMs: distribution(differences(outcome.deliveredAtMs, outcome.deliveryDueAtMs)),
  };
}

function merged(outcomes: readonly StreamOutcome[]): StreamOutcome {
  const sum = (of: (outcome: StreamOutcome) => number): number => outcomes.reduce((all, each) => all + of(each), 0);
  const joined = (of: (outcome: StreamOutcome) => Float64Array): Float64Array => {
    const whole = new Float64Array(sum((outcome) => of(outcome).length));
    let at = 0;
    for (const outcome of outcomes) {
      whole.set(of(outcome), at);
      at += of(outcome).length;
    }
    return whole;
  };
  const deliveries = sum(({ deliveredAtMs }) => deliveredAtMs.length);
  return {
    name: outcomes[0]?.name ?? '',
    sent: sum(({ sent }) => sent),
    accepted: sum(({ accepted }) => accepted),
    refused: sum(({ refused }) => refused),
    failedPosts: sum(({ failedPosts }) => failedPosts),
    lost: sum(({ lost }) => lost),
    doubled: sum(({ doubled }) => doubled),
    repeated: sum(({ repeated }) => repeated),
    outOfOrderShare: sum((each) => each.outOfOrderShare * each.deliveredAtMs.length) / Math.max(1, deliveries),
    dueAtMs: joined(({ dueAtMs }) => dueAtMs),
    ackedAtMs: joined(({ ackedAtMs }) => ackedAtMs),
    deliveryDueAtMs: joined(({ deliveryDueAtMs }) => deliveryDueAtMs),
    deliveryAckedAtMs: joined(({ deliveryAckedAtMs }) => deliveryAckedAtMs),
    deliveredAtMs: joined(({ deliveredAtMs }) => deliveredAtMs),
  };
}

function offeredBy(stream: Stream | undefined): string {
  if (stream === undefined) return '';
  const { pace, eventsPerPost } = stream;
  const each = eventsPerPost === 1 ? '' : ` × ${eventsPerPost} events`;
  if (pace.kind === 'open') return `${pace.perSecond}/s${each}`;
  if (pace.everyMs !== undefined) return `one every ${pace.everyMs} ms${each}`;
  return `${pace.clients} clients${each}`;
}

function perSecondOf({ pace, eventsPerPost }: Stream): number {
  if (pace.kind === 'open') return pace.perSecond * eventsPerPost;
  return pace.everyMs === undefined ? NaN : ((pace.clients * 1_000) / pace.everyMs) * eventsPerPost;
}

export function phaseFigures(name: string, streams: StreamFigures[], measured: Measured): Phase {
  const accepted = streams.reduce((sum, stream) => sum + stream.accepted, 0);
  const perEvent = Object.entries(measured.cpuSeconds).map(([process, seconds]): [string, number] => [
    process,
    (seconds * 1_000) / Math.max(1, accepted),
  ]);
  return { name, streams, measured, cpuMsPerEvent: Object.fromEntries(perEvent) };
}

/** Platforms, customers' servers and mail servers: what the measured thing talks to. */
const clients = ['client', 'sink'];

/** CPU for each event of everything but the clients. */
export function serverCpuMsPerEvent(phase: Phase): number {
  return Object.entries(phase.cpuMsPerEvent)
    .filter(([process]) => !clients.includes(process))
    .reduce((sum, [, ms]) => sum + ms, 0);
}
