import type { StreamOutcome } from './load';

/** A webhook request as the receiver saw it; `isTaken` when it was answered with a 2xx. */
export interface Arrival {
  event: number;
  endpoint: string;
  webhookId: string;
  atMs: number;
  isTaken: boolean;
}

interface SentEvent {
  stream: number;
  dueAtMs: number;
  ackedAtMs: number | undefined;
  /** Almost always one; a second one is a doubled effect. */
  webhookIds: string[];
  /** When each endpoint took the webhook, in the order of the stream's endpoints. */
  takenAtMs: (number | undefined)[];
}

interface StreamCounts {
  endpoints: readonly string[];
  failedPosts: number;
  repeated: number;
  outOfOrder: number;
  taken: number;
  /** The youngest event that each endpoint got so far. */
  youngest: Map<string, number>;
}

/** Books every event that was sent and every webhook that came, and tells at the end what is missing and what came twice. */
export class Ledger {
  lastArrivalAtMs = 0;
  private readonly events: SentEvent[] = [];
  private readonly streams: StreamCounts[];
  private missingCount = 0;

  constructor(streams: readonly { endpoints: readonly string[] }[]) {
    this.streams = streams.map(({ endpoints }) => ({
      endpoints,
      failedPosts: 0,
      repeated: 0,
      outOfOrder: 0,
      taken: 0,
      youngest: new Map(),
    }));
  }

  /** Webhooks of accepted events that have not been taken yet. */
  get missing(): number {
    return this.missingCount;
  }

  /** Books an event that is about to be sent; the number names it from now on. */
  send(stream: number, dueAtMs: number): number {
    const takenAtMs = this.streams[stream]?.endpoints.map(() => undefined) ?? [];
    return this.events.push({ stream, dueAtMs, ackedAtMs: undefined, webhookIds: [], takenAtMs }) - 1;
  }

  accept(event: number, atMs: number): void {
    const sent = this.events[event];
    if (sent === undefined || sent.ackedAtMs !== undefined) return;
    sent.ackedAtMs = atMs;
    // The webhook may overtake the answer.
    this.missingCount += sent.takenAtMs.filter((takenAtMs) => takenAtMs === undefined).length;
  }

  failPost(stream: number): void {
    const counts = this.streams[stream];
    if (counts !== undefined) counts.failedPosts++;
  }

  receive({ event, endpoint, webhookId, atMs, isTaken }: Arrival): void {
    const sent = this.events[event];
    const counts = sent === undefined ? undefined : this.streams[sent.stream];
    const place = counts?.endpoints.indexOf(endpoint) ?? -1;
    if (sent === undefined || counts === undefined || place < 0) return;
    this.lastArrivalAtMs = atMs;
    if (!sent.webhookIds.includes(webhookId)) sent.webhookIds.push(webhookId);
    else if (sent.takenAtMs[place] !== undefined) counts.repeated++;
    if (!isTaken || sent.takenAtMs[place] !== undefined) return;
    sent.takenAtMs[place] = atMs;
    if (sent.ackedAtMs !== undefined) this.missingCount--;
    counts.taken++;
    const youngest = counts.youngest.get(endpoint) ?? -1;
    if (event < youngest) counts.outOfOrder++;
    else counts.youngest.set(endpoint, event);
  }

  /** Whether one event has been taken by all its endpoints. */
  isDelivered(event: number): boolean {
    return this.events[event]?.takenAtMs.every((takenAtMs) => takenAtMs !== undefined) ?? false;
  }

  outcomes(names: readonly string[]): StreamOutcome[] {
    return this.streams.map((counts, index) => {
      const events = this.events.filter(({ stream }) => stream === index);
      const accepted = events.filter(({ ackedAtMs }) => ackedAtMs !== undefined);
      const deliveries = events.flatMap(({ dueAtMs, ackedAtMs, takenAtMs }) =>
        takenAtMs.flatMap((atMs) => (atMs === undefined ? [] : [{ dueAtMs, ackedAtMs, atMs }])),
      );
      return {
        name: names[index] ?? '',
        sent: events.length,
        accepted: accepted.length,
        refused: events.length - accepted.length,
        failedPosts: counts.failedPosts,
        lost: accepted.flatMap(({ takenAtMs }) => takenAtMs).filter((atMs) => atMs === undefined).length,
        doubled: events.filter(({ webhookIds }) => webhookIds.length > 1).length,
        repeated: counts.repeated,
        outOfOrderShare: counts.taken === 0 ? 0 : counts.outOfOrder / counts.taken,
        dueAtMs: Float64Array.from(events, ({ dueAtMs }) => dueAtMs),
        ackedAtMs: Float64Array.from(events, ({ ackedAtMs }) => ackedAtMs ?? NaN),
        deliveryDueAtMs: Float64Array.from(deliveries, ({ dueAtMs }) => dueAtMs),
        deliveryAckedAtMs: Float64Array.from(deliveries, ({ ackedAtMs }) => ackedAtMs ?? NaN),
        deliveredAtMs: Float64Array.from(deliveries, ({ atMs }) => atMs),
      };
    });
  }
}
