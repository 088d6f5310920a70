import type { Delivery } from '../domain/delivery';
import type { ErasedCounts, Person } from '../domain/erasure';
import { inTurns } from './in-turns';

/** A page of one kind of what is stored of a person. `after` is opaque, absent behind the last page. */
export interface ErasedPage {
  counts: ErasedCounts;
  after?: string;
  /** Somebody is at work on it and may write once more. */
  isUnderWay?: boolean;
}
/** Needs: src/mongo/personal-data.ts and erasures.ts. Everything may be repeated. */
export interface PersonalData {
  begin(contactId: string, nowMs: number): Promise<Person | undefined>;
  /** What there is, in the order in which it is removed. */
  kinds: readonly string[];
  erase(kind: string, person: Person, page: { after?: string }): Promise<ErasedPage>;
  /** A page of the person's events with their deliveries. */
  events(
    person: Person,
    after: string | undefined,
  ): Promise<{ eventIds: string[]; deliveries: Delivery[]; isUndispatched: boolean; after?: string }>;
  /** Blanks events and what their receivers answered; no delivery of them goes on. */
  eraseEvents(eventIds: string[], deliveryIds: string[], nowMs: number): Promise<void>;
  /** Those of the person's automation runs that are under way. */
  running(contactId: string): Promise<string[]>;
  count(contactId: string, removed: ErasedCounts): Promise<void>;
  end(contactId: string, nowMs: number): Promise<void>;
}
/** Needs: src/temporal/start.ts. */
export interface ErasureSignaller {
  /** False when the delivery has no open workflow. */
  cancelDelivery(delivery: Delivery): Promise<boolean>;
  signalContactLeft(runKey: string): Promise<void>;
}

/** Where a removal stands: names of kinds and ids, nothing of the person. */
export interface ErasurePlace {
  kind: string;
  after?: string;
}
export interface ErasurePage {
  /** Absent at the end. */
  next?: ErasurePlace;
  isUnderWay: boolean;
}

const eventsKind = 'webhookEvents';
const runsKind = 'running';
/** Pages of one call: a worker that is killed repeats little. */
const pagesPerCall = 30;

/** Removes what is stored of a person, page by page. The contact itself is gone already. */
export function createEraseContact(deps: { personalData: PersonalData; starter: ErasureSignaller; now: () => number }) {
  const { personalData, starter } = deps;

  const eraseEvents = async (person: Person, after: string | undefined): Promise<ErasedPage> => {
    const page = await personalData.events(person, after);
    const open = page.deliveries.filter(({ status }) => status !== 'delivered' && status !== 'cancelled');
    // Before the body goes: a workflow that is cancelled makes no attempt without it.
    await inTurns(open, async (delivery) => void (await starter.cancelDelivery(delivery)));
    await personalData.eraseEvents(
      page.eventIds,
      page.deliveries.map(({ id }) => id),
      deps.now(),
    );
    const isUnderWay = page.isUndispatched || open.some(({ status }) => status === 'pending' || status === 'retrying');
    return {
      counts: { webhookEvents: page.eventIds.length, deliveries: page.deliveries.length },
      isUnderWay,
      ...(page.after === undefined ? {} : { after: page.after }),
    };
  };

  const stopRuns = async ({ contactId }: Person): Promise<ErasedPage> => {
    const running = await personalData.running(contactId);
    // They look at their contact, and end.
    await inTurns(running, (runKey) => starter.signalContactLeft(runKey));
    return { counts: {}, isUnderWay: running.length > 0 };
  };

  const erase = (person: Person, { kind, after }: ErasurePlace): Promise<ErasedPage> => {
    if (kind === eventsKind) return eraseEvents(person, after);
    if (kind === runsKind) return stopRuns(person);
    return personalData.erase(kind, person, after === undefined ? {} : { after });
  };

  return {
    async erasePage(input: { contactId: string; place?: ErasurePlace }): Promise<ErasurePage> {
      const { contactId } = input;
      const kinds = [runsKind, eventsKind, ...personalData.kinds];
      const person = await personalData.begin(contactId, deps.now());
      if (!person) return { isUnderWay: false };
      let place: ErasurePlace | undefined = input.place ?? { kind: runsKind };
      let isUnderWay = false;
      for (let pages = 0; place && pages < pagesPerCall; pages++) {
        const page = await erase(person, place);
        isUnderWay ||= page.isUnderWay === true;
        await personalData.count(contactId, withoutNothing(page.counts));
        const following: string | undefined = kinds[kinds.indexOf(place.kind) + 1];
        if (page.after !== undefined) place = { kind: place.kind, after: page.after };
        else place = following === undefined ? undefined : { kind: following };
      }
      return { isUnderWay, ...(place ? { next: place } : {}) };
    },

    async endErasure(input: { contactId: string }): Promise<void> {
      await personalData.end(input.contactId, deps.now());
    },
  };
}

function withoutNothing(counts: ErasedCounts): ErasedCounts {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}
