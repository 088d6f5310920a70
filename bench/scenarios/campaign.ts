import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { maxRatePerSecond } from '../../domain/campaign';
import { mailFigures, phaseFigures, type Phase } from '../figures';
import type { NodemailerFunctions } from '../mail/nodemailer-process';
import type { SinkFunctions } from '../mail/sink-process';
import { largest } from '../stats';
import { startChild, type Child } from '../system/child';
import { insertContacts } from '../system/people';
import type { Stand, Tenant } from '../system/stand';
import { atLeast, atMost, nothingLost, type Scenario, type Verdict } from './scenario';

const recipients = 10_000;
/** As many as the product's mailer opens by itself; said to both. */
const connections = 8;
const rounds = 2;
const warmUpRecipients = 500;
/** A server that answers at once, and one that writes each message to its disk first, as real ones do. */
const servers = [
  { name: '', answersAfterMs: 0 },
  { name: 'server with a disk', answersAfterMs: 10 },
] as const;
/** Given up when the server has taken nothing for longer than the product waits before it sends again what was put off. */
const quietMs = 90_000;
/** How long to listen on for what comes twice. */
const listenOnMs = 1_000;

const offers = ['shoes', 'coats', 'hats', 'sale'];
const paragraph = 'The new season has come in, and with it what you have asked for: warm, light, and made to last. ';
const linkOf = (offer: string): string => `https://acme.example/${offer}?utm=april`;
const content = {
  subject: '{{ contact.firstName }}, your news of April',
  html:
    '<html><body style="font-family:Arial,sans-serif"><h1>Hello {{ contact.firstName }}</h1>' +
    offers.map((offer) => `<p>${paragraph.repeat(4)}<a href="${linkOf(offer)}">See all ${offer}</a></p>`).join('') +
    '</body></html>',
  text:
    'Hello {{ contact.firstName }}\n\n' +
    offers.map((offer) => `${paragraph.repeat(4)}\nSee all ${offer}: ${linkOf(offer)}\n\n`).join(''),
};

interface Scene {
  stand: Stand;
  tenant: Tenant;
  smtpUrl: string;
  sink: Child<SinkFunctions>;
  nodemailer: Child<NodemailerFunctions>;
}
/** One sending, by the product or by bare nodemailer. */
interface Sending {
  name: string;
  count: number;
  answersAfterMs: number;
}

export const campaign: Scenario = {
  name: 'campaign',
  shows: 'A campaign leaves at 0.8 of the rate of bare nodemailer into the same SMTP server.',
  async run(context) {
    // A short run sends to as many fewer.
    const count = Math.max(20, Math.round(recipients * Math.min(1, context.seconds(20) / 20)));
    const sink = startChild<SinkFunctions>('bench/mail/sink-process.js');
    const nodemailer = startChild<NodemailerFunctions>('bench/mail/nodemailer-process.js');
    try {
      const smtpUrl = await sink.call('listen', null);
      const settings = { SMTP_URL: `${smtpUrl}?maxConnections=${connections}`, MAIL_FROM: 'Acme <news@bench.example>' };
      return await context.onStand({ settings }, async (stand) => {
        for (const [name, { pid }] of Object.entries({ sink, nodemailer })) stand.meter.watch(name, pid);
        stand.watchMailer();
        const tenant = await stand.addTenant('campaign', ['/campaign'], ['campaign.sent']);
        const scene = { stand, tenant, smtpUrl, sink, nodemailer };
        const warmUp = { name: 'warm-up', count: Math.min(warmUpRecipients, count), answersAfterMs: 0 };
        await byCampaign(scene, warmUp);
        const sample = await sink.call('sample', null);
        await byNodemailer(scene, { ...warmUp, count: Math.min(2_000, 4 * count) }, sample);

        const found = [];
        for (const { name, answersAfterMs } of servers) {
          const own: Phase[] = [];
          const bare: Phase[] = [];
          const sendBare = async (): Promise<void> => {
            const sending = { name: 'bare nodemailer', count: Math.ceil(count / 2), answersAfterMs };
            bare.push(await byNodemailer(scene, { ...sending, name: joined(name, sending.name) }, sample));
          };
          // In turns: what else the machine does changes from minute to minute.
          await sendBare();
          for (let round = 1; round <= rounds; round++) {
            own.push(await byCampaign(scene, { name: joined(name, `round ${round}`), count, answersAfterMs }));
            await sendBare();
          }
          found.push({ name, own, bare });
        }
        const own = found.flatMap((each) => each.own);
        const phases = found.flatMap((each) => [...each.own, ...each.bare]);
        const told = await stand.client.call('campaignsSent', null);
        return {
          phases,
          verdicts: [
            nothingLost(phases),
            sentOnceVerdict(told, [warmUp.count, ...own.map(() => count)]),
            ...found.map((each) =>
              atLeast(
                joined(each.name, 'emails a second against bare nodemailer'),
                perSecond(each.own) / perSecond(each.bare),
                0.8,
                '×',
              ),
            ),
            ...['main', 'worker', 'mailer'].flatMap((name) => memoryVerdict(name, own) ?? []),
          ],
          notes: found.map(
            (each) =>
              `${joined(each.name, perSecond(each.own).toFixed(0))} emails a second in ${rounds} campaigns, ` +
              `${perSecond(each.bare).toFixed(0)} by bare nodemailer before, between and after`,
          ),
        };
      });
    } finally {
      await Promise.all([sink.stop(), nodemailer.stop()]);
    }
  },
};

/** A campaign to so many new contacts, from the call to its end. */
async function byCampaign(scene: Scene, sending: Sending): Promise<Phase> {
  const { stand, tenant } = scene;
  const { name, count } = sending;
  const listId = await tenant.api.addList(name);
  const prefix = name.replace(/\W+/g, '-');
  await insertContacts(stand.db, { workspaceId: tenant.id, prefix, count, listIds: [listId] });
  return measured(scene, sending, async () => {
    const id = await tenant.api.sendCampaign({ name, ...content, listIds: [listId], ratePerSecond: maxRatePerSecond });
    for (let quietSinceMs = Date.now(), taken = -1; Date.now() < quietSinceMs + quietMs;) {
      await sleep(250);
      if ((await tenant.api.campaignStatus(id)) === 'sent') return;
      const { messages } = await scene.sink.call('taken', null);
      if (messages > taken) quietSinceMs = Date.now();
      taken = messages;
    }
  });
}

async function byNodemailer(scene: Scene, sending: Sending, sample: string): Promise<Phase> {
  const { smtpUrl, nodemailer } = scene;
  const { count } = sending;
  return measured(scene, sending, () => nodemailer.call('mail', { smtpUrl, connections, count, sample }));
}

/** What the SMTP server takes while `send` runs, and what the processes spend on it. */
async function measured(scene: Scene, sending: Sending, send: () => Promise<void>): Promise<Phase> {
  const { stand, sink } = scene;
  const { name, count, answersAfterMs } = sending;
  await sink.call('begin', { answersAfterMs });
  const stopMeter = stand.meter.start();
  await send();
  const usage = stopMeter();
  await sleep(listenOnMs);
  const taken = await sink.call('taken', null);
  return phaseFigures(name, [mailFigures(`${connections} connections`, count, taken)], usage);
}

const campaignSent = z.object({ data: z.object({ campaignId: z.string(), totalRecipients: z.int() }) });

/** One campaign.sent for each campaign, with the number of its recipients. */
function sentOnceVerdict(bodies: readonly string[], counts: readonly number[]): Verdict {
  const told = bodies.map((body) => campaignSent.parse(JSON.parse(body)).data);
  const totals = told.map(({ totalRecipients }) => totalRecipients);
  const isEachOnce = new Set(told.map(({ campaignId }) => campaignId)).size === told.length;
  return {
    what: 'campaign.sent, once for each campaign, and its totalRecipients',
    target: counts.join(', '),
    measured: totals.join(', '),
    isReached: isEachOnce && sorted(totals) === sorted(counts),
  };
}

/** The end of the last campaign against the most of the first half, in which caches and heaps grow to their size. */
function memoryVerdict(name: string, own: readonly Phase[]): Verdict | undefined {
  const memories = own.flatMap((phase) => phase.measured.memory[name] ?? []);
  const last = memories.at(-1);
  // A process that this mode does not have.
  if (last === undefined) return undefined;
  const first = memories.slice(0, Math.ceil(memories.length / 2)).map(({ maxMb }) => maxMb);
  return atMost(`memory of ${name}, at the end against the first half`, last.endMb / largest(first), 1.2, '×');
}

/** Of phases that are alike. */
function perSecond(phases: readonly Phase[]): number {
  const rates = phases.map(({ streams }) => streams[0]?.acceptedPerSecond ?? NaN);
  return rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
}

function joined(server: string, what: string): string {
  return server === '' ? what : `${server}: ${what}`;
}

function sorted(values: readonly number[]): string {
  return [...values].sort((left, right) => left - right).join();
}
