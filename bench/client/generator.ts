import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { createLinkSigner } from '../../src/email/links';
import { nowMs } from './clock';
import type { Ledger } from './ledger';
import type { Clicks, Load, Stream } from './load';
import { paced } from './pace';
import { destinationOf, identify } from './payload';
import { Poster, type Answer } from './post';

/** More than enough for what is under way; beyond it posts wait, and their wait counts. */
const maxConnections = 512;
/** A pause after a refusal: a client that hammers a gateway which asks for patience measures its own hammering. */
const refusedPauseMs = 200;
/** Platforms repeat after a while and not in step; all at once they would be a load of their own. */
const repeatPauseMs = 1_000;
const repeatForMs = 120_000;

const batchAnswer = z.object({ rejected: z.array(z.object({ index: z.number() })) });

/** Sends a whole load and books it; resolves when the last post was answered. */
export async function generate(load: Load, loadNumber: number, ledger: Ledger): Promise<void> {
  const poster = new Poster(load.gatewayUrl, connectionsFor(load.streams));
  try {
    await Promise.all(
      load.streams.map((stream, index) => {
        const parts = { load, loadNumber, stream, index, ledger, poster };
        const send = stream.clicks ? createClick({ ...parts, clicks: stream.clicks }) : createSend(parts);
        return paced(stream.pace, { index, of: load.streams.length }, send);
      }),
    );
  } finally {
    await poster.close();
  }
}

function connectionsFor(streams: readonly Stream[]): number {
  const wanted = streams.map(({ pace }) => (pace.kind === 'closed' ? pace.clients : maxConnections));
  return Math.min(
    maxConnections,
    wanted.reduce((sum, connections) => sum + connections, 0),
  );
}

interface SendParts {
  load: Load;
  loadNumber: number;
  stream: Stream;
  index: number;
  ledger: Ledger;
  poster: Poster;
}

function createSend(parts: SendParts): (dueAtMs: number) => Promise<void> {
  const { load, loadNumber, stream, index, ledger, poster } = parts;
  const headers = { authorization: `Bearer ${stream.apiKey}`, 'content-type': 'application/json' };
  return async (dueAtMs) => {
    const sentAt = new Date().toISOString();
    const events = Array.from({ length: stream.eventsPerPost }, () => ledger.send(index, dueAtMs));
    const texts = events.map((event) => identify(loadNumber, event, stream.traitsBytes, sentAt));
    const body = stream.eventsPerPost === 1 ? (texts[0] ?? '') : `{"batch":[${texts.join(',')}]}`;
    for (const giveUpAtMs = nowMs() + repeatForMs; ;) {
      const answer = await poster.post('/api/segment/track', headers, body);
      if (answer.status >= 200 && answer.status < 300) {
        const atMs = nowMs();
        for (const event of acceptedOf(events, answer)) ledger.accept(event, atMs);
        return;
      }
      ledger.failPost(index);
      await sleep(load.repeatsPosts ? repeatPauseMs * (1 + Math.random()) : refusedPauseMs);
      if (!load.repeatsPosts || nowMs() > giveUpAtMs) return;
    }
  };
}

/** A reader's click: the redirect is the answer, and nobody repeats it. */
function createClick(parts: SendParts & { clicks: Clicks }): (dueAtMs: number) => Promise<void> {
  const { loadNumber, index, ledger, poster } = parts;
  const { emailIds, encryptionKey } = parts.clicks;
  const links = createLinkSigner(encryptionKey);
  const headers = { 'user-agent': 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) bench' };
  return async (dueAtMs) => {
    const event = ledger.send(index, dueAtMs);
    const token = links.click(emailIds[event % emailIds.length] ?? '', destinationOf(loadNumber, event));
    const { status } = await poster.get(`/t/c/${token}`, headers);
    if (status === 302) ledger.accept(event, nowMs());
    else ledger.failPost(index);
  };
}

function acceptedOf(events: readonly number[], answer: Answer): readonly number[] {
  if (events.length === 1) return events;
  const rejected = new Set(batchAnswer.parse(JSON.parse(answer.body)).rejected.map(({ index }) => index));
  return events.filter((_event, index) => !rejected.has(index));
}
