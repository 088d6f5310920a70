import { z } from 'zod';
import { parseJson } from '../../receiver/report';
import type { Api } from '../api';
import { CliError, exitCodes } from '../outcome';
import { fail, look, ok, warn, type Check } from './check';

const readySchema = z.object({ status: z.string(), database: z.boolean(), temporal: z.boolean(), worker: z.boolean() });
const sessionSchema = z.object({
  workspace: z.object({ id: z.string(), name: z.string() }),
  server: z.object({ now: z.string(), version: z.string(), publicUrl: z.string(), isMailboxUsed: z.boolean() }),
});
export type Session = z.infer<typeof sessionSchema>;

const startRemedy = 'start it: npm start, or npm run gateway beside npm run worker';

/** What the gateway says of itself and of what it stands on. */
export function checkGateway(api: Api): Promise<Check[]> {
  return look('gateway', startRemedy, async () => {
    const response = await api.fetch('/readyz', { signal: AbortSignal.timeout(10_000) });
    const ready = readySchema.safeParse(parseJson(await response.text()));
    if (!ready.success) {
      return fail('gateway', `${api.url} is something else`, 'set ESX_URL to the URL of the gateway');
    }
    const { database, temporal, worker } = ready.data;
    return [
      ok('gateway', `${api.url} answers`),
      database
        ? ok('gateway: MongoDB', 'reached')
        : fail('gateway: MongoDB', 'not reached: events are refused with 503', 'start MongoDB, or mend MONGODB_URI'),
      temporal
        ? ok('gateway: Temporal', 'reached')
        : fail(
            'gateway: Temporal',
            'not reached: events are kept and wait',
            'start Temporal, or mend TEMPORAL_ADDRESS',
          ),
      ...(temporal
        ? [
            worker
              ? ok('gateway: worker', 'polls the task queue')
              : fail('gateway: worker', 'none: events are kept and wait', 'start one: npm run worker'),
          ]
        : []),
    ];
  });
}

/** Who is called with the key, and how far the clocks are apart. Without a session the further looks are left out. */
export async function checkKey(api: Api): Promise<{ checks: Check[]; session: Session | undefined }> {
  const startedMs = Date.now();
  try {
    const { data } = await api.get('/session', sessionSchema);
    const middleMs = (startedMs + Date.now()) / 2;
    const { workspace, server } = data;
    return {
      checks: [ok('API key', `of ${workspace.name}, ${workspace.id}`), checkClock(Date.parse(server.now) - middleMs)],
      session: data,
    };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const isMissing = error.exitCode === exitCodes.usage;
    const remedy = 'make one in the dashboard under Settings → API, and put it into ESX_API_KEY';
    const check = isMissing
      ? warn('API key', 'none is set: mail, webhooks and the public URL are not looked at', remedy)
      : fail('API key', error.message, remedy);
    return { checks: [check], session: undefined };
  }
}

const skewWarnMs = 5_000;
/** Receivers refuse a signature that is five minutes off. */
const skewFailMs = 60_000;

export function checkClock(aheadMs: number): Check {
  const seconds = Math.abs(aheadMs / 1_000).toFixed(1);
  const words = `the server is ${seconds} s ${aheadMs < 0 ? 'behind' : 'ahead of'} this machine`;
  const remedy = 'let both take their time from NTP: signatures that are five minutes off are refused';
  if (Math.abs(aheadMs) > skewFailMs) return fail('clock', words, remedy);
  return Math.abs(aheadMs) > skewWarnMs ? warn('clock', words, remedy) : ok('clock', words);
}

/** Whether the links in emails lead here, and in a way that keeps them to themselves. */
export function checkPublicUrl(publicUrl: string): Promise<Check[]> {
  const remedy = 'set PUBLIC_URL to the https URL at which the proxy in front takes requests for the gateway';
  return look('public URL', remedy, async () => {
    const { protocol, hostname } = new URL(publicUrl);
    let response: Response;
    try {
      response = await fetch(`${publicUrl}/healthz`, { redirect: 'manual', signal: AbortSignal.timeout(10_000) });
    } catch {
      return fail('public URL', `nothing answers at ${publicUrl}`, remedy);
    }
    const isOurs = response.ok && (await response.text()).includes('"status"');
    if (!isOurs) return fail('public URL', `${publicUrl} leads elsewhere (${response.status})`, remedy);
    if (protocol === 'https:') return ok('public URL', publicUrl);
    return /^(localhost|127\.|\[::1\])/.test(hostname)
      ? ok('public URL', `${publicUrl}, on this machine alone`)
      : warn('public URL', `${publicUrl} is not encrypted`, remedy);
  });
}
