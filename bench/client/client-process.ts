import { setTimeout as sleep } from 'node:timers/promises';
import { offer } from '../system/child';
import { nowMs } from './clock';
import { generate } from './generator';
import { Ledger } from './ledger';
import type { Load, Pace, StreamOutcome } from './load';
import { paced } from './pace';
import { eventOf, identify } from './payload';
import { Poster } from './post';
import { startReceiver, type Behaviour } from './receiver';

/** The client's own process: the platform that sends events and the servers that get webhooks, so that both are on one clock and one ledger. */
let loadNumber = 0;
let ledger = new Ledger([]);
/** Webhooks of campaigns that were sent: by their id, once each. */
const campaignsSent = new Map<string, string>();
const campaignSentMarker = Buffer.from('"event":"campaign.sent"');

const receiver = startReceiver(({ path, webhookId, body, isTaken }) => {
  if (isTaken && body.includes(campaignSentMarker)) campaignsSent.set(webhookId, body.toString());
  const found = eventOf(body);
  // A latecomer of an earlier load belongs to no ledger any more: that load has counted it as lost.
  if (found?.load !== loadNumber) return;
  ledger.receive({ event: found.event, endpoint: path, webhookId, atMs: nowMs(), isTaken });
});

const functions = {
  receiverUrl: async (_: null): Promise<string> => (await receiver).url,

  behave: async ({ path, behaviour }: { path: string; behaviour: Behaviour }): Promise<void> =>
    (await receiver).behave(path, behaviour),

  /** Sends a load and waits until all its webhooks have come, or none any more. */
  async load(load: Load): Promise<StreamOutcome[]> {
    ledger = new Ledger(load.streams);
    await generate(load, ++loadNumber, ledger);
    await settled(load);
    return ledger.outcomes(load.streams.map(({ name }) => name));
  },

  /** The bodies of all campaign.sent webhooks, those of one webhook-id once. */
  campaignsSent: (_: null): Promise<string[]> => Promise.resolve([...campaignsSent.values()]),

  /** Webhooks of the current load that are still missing. */
  missing: (_: null): Promise<number> => Promise.resolve(ledger.missing),

  /** The generator against any other server: how long each post took. */
  async posts({ url, pace }: { url: string; pace: Pace }): Promise<{ tookMs: Float64Array; elapsedMs: number }> {
    const poster = new Poster(url, pace.kind === 'closed' ? pace.clients : 512);
    const tookMs: number[] = [];
    const body = identify(0, 0, 300, new Date().toISOString());
    const startedAtMs = nowMs();
    await paced(pace, { index: 0, of: 1 }, async (dueAtMs) => {
      const { status } = await poster.post('/', { 'content-type': 'application/json' }, body);
      if (status !== 204) throw new Error(`the bare server answered ${status}`);
      tookMs.push(nowMs() - dueAtMs);
    });
    const elapsedMs = nowMs() - startedAtMs;
    await poster.close();
    return { tookMs: Float64Array.from(tookMs), elapsedMs };
  },
};
export type ClientFunctions = typeof functions;

async function settled({ quietMs, listenOnMs }: Load): Promise<void> {
  const endedAtMs = nowMs();
  while (ledger.missing > 0 && nowMs() - Math.max(ledger.lastArrivalAtMs, endedAtMs) < quietMs) await sleep(20);
  await sleep(listenOnMs);
}

offer(functions);
