import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Api } from '../api';
import { CliError } from '../outcome';
import { traceSchema, type Trace } from '../trace';
import { demoEvent, type DemoThings } from './things';

/** The four places at which the tour ends; what did not come about is null. */
export interface DemoLinks {
  trace: string;
  delivery: string | null;
  workflow: string | null;
  email: string | null;
}

const text = z.string();
const deliveryPage = z.object({
  data: z.array(
    z.object({
      ...{ id: text, event: text, contactId: text.nullable(), createdAt: text, status: text },
      temporalUrl: text.nullable(),
    }),
  ),
});
const emailPage = z.object({ data: z.array(z.object({ id: text, status: text, createdAt: text })) });
const everyMs = 300;
const withinMs = 60_000;

/** Sends an identify and a track as Segment does, and waits for what comes of them. */
export async function tell(
  api: Api,
  { listId, endpointId }: Pick<DemoThings, 'listId' | 'endpointId'>,
  email: string,
  say: (line: string) => void,
): Promise<DemoLinks> {
  const run = randomUUID().slice(0, 8);
  const sent = await sendEvents(api, { listId, email, run });
  say(`sent      identify and track "${demoEvent}" of ${email}`);
  const trace = await wait('the track to be worked off', async () => {
    const { data } = await api.get(`/events/${sent.trackId}`, traceSchema);
    return data.contactId !== null && data.automations.some(({ ran }) => ran) ? data : undefined;
  });
  say(`trace     ${trace.automations.map(({ name }) => name).join(', ')} ran for contact ${trace.contactId}`);
  const message = await waitForEmail(api, trace, sent.atMs);
  say(`email     ${message.status}`);
  const delivery =
    endpointId === undefined ? undefined : await waitForDeliveries(api, endpointId, trace, message, sent.atMs);
  if (delivery) say(`webhook   ${delivery.event} ${delivery.status}`);
  return {
    trace: `${api.url}/events/${trace.id}`,
    delivery: delivery ? `${api.url}/deliveries/${delivery.id}` : null,
    workflow: delivery?.temporalUrl ?? trace.automations.find(({ ran }) => ran)?.temporalUrl ?? trace.temporalUrl,
    email: `${api.url}/emails/${message.id}`,
  };
}

async function sendEvents(
  api: Api,
  { listId, email, run }: { listId: string; email: string; run: string },
): Promise<{ trackId: string; atMs: number }> {
  const userId = 'esx-demo';
  const trackId = `esx-demo-track-${run}`;
  const headers = { 'X-Default-List-Id': listId };
  const identify = { type: 'identify', messageId: `esx-demo-identify-${run}`, userId };
  // Something changes each time, so that there is a webhook each time.
  const traits = { email, firstName: 'Morgan', plan: 'pro', demoRun: run };
  const { nowMs } = await api.call('POST', '/api/segment/track', { headers, body: { ...identify, traits } });
  const track = { type: 'track', messageId: trackId, userId, event: demoEvent, properties: { product: 'a lamp' } };
  await api.call('POST', '/api/segment/track', { headers, body: track });
  return { trackId, atMs: nowMs };
}

/** Clocks of seconds are compared with times of milliseconds. */
const roundingMs = 2_000;
const isSince = (createdAt: string, atMs: number): boolean => Date.parse(createdAt) >= atMs - roundingMs;

function waitForEmail(api: Api, { contactId }: Trace, atMs: number) {
  return wait('the email to be sent', async () => {
    const { data } = await api.get('/emails', emailPage, { contactId: contactId ?? '', limit: 5 });
    const newest = data.data.find(({ createdAt }) => isSince(createdAt, atMs));
    return newest && !['queued', 'sending'].includes(newest.status) ? newest : undefined;
  });
}

/** All of them: the receiver may end with the tour. The newest is that of the email, once it was delivered. */
function waitForDeliveries(api: Api, endpointId: string, trace: Trace, message: { status: string }, atMs: number) {
  return wait('the webhooks to be delivered', async () => {
    const { data } = await api.get('/webhook-deliveries', deliveryPage, { endpointId, limit: 20 });
    const ours = data.data.filter((row) => row.contactId === trace.contactId && isSince(row.createdAt, atMs));
    const isComplete = message.status !== 'delivered' || ours.some(({ event }) => event === 'email.delivered');
    return isComplete && ours.every(({ status }) => status !== 'pending') ? ours[0] : undefined;
  });
}

async function wait<Found>(what: string, look: () => Promise<Found | undefined>): Promise<Found> {
  const untilMs = Date.now() + withinMs;
  while (Date.now() < untilMs) {
    const found = await look();
    if (found !== undefined) return found;
    await pause(everyMs);
  }
  throw new CliError(`Waited ${withinMs / 1_000} s for ${what}; npx esx doctor says what is wrong.`);
}
