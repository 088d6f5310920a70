import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Api } from '../api';
import { commonHelp, commonOptions, parsed, type Cli, type Command } from '../command';
import { connect } from '../connection';
import { openReceiver, tellSecret } from '../demo/receiver';
import { tell, type DemoLinks } from '../demo/story';
import { demoName, ensureThings, pauseEndpoint, removeThings, type DemoThings } from '../demo/things';
import { CliError, exitCodes, usageError } from '../outcome';
import { printFields } from '../table';

const name = 'demo';
const defaultEmail = 'morgan@demo.example';

const help = `esx demo [options]

A tour over a running server: it makes a list, a template, an automation and a webhook endpoint, all called
"${demoName}", sends an identify and a track as Segment does, and waits for the email and the webhook that come of them.
At the end there are four links: the trace of the event, the delivery, its workflow in the Temporal Web UI, the email.

The webhook goes to npm run receiver on port 4000, or to a receiver of its own for as long as the tour takes. To run it
again makes nothing twice.

  --email ADDRESS  whom the email goes to; ${defaultEmail} if not given. Needed where SMTP is set
  --remove         removes what the demonstration has made
${commonHelp}`;

export const demo: Command = {
  help,
  async run(args, cli) {
    const { values } = parsed(name, () =>
      parseArgs({
        args,
        options: { ...commonOptions, email: { type: 'string' }, remove: { type: 'boolean', default: false } },
      }),
    );
    if (values.email !== undefined && !values.email.includes('@')) {
      throw usageError(`--email ${values.email}: write an address, such as you@example.com`);
    }
    const api = connect(values, cli);
    if (values.remove) return remove(api, values.email ?? defaultEmail, values.json, cli);
    await checkReady(api);
    const email = values.email ?? (await safeEmail(api));
    const receiver = await openReceiver();
    try {
      const { secret, ...things } = await ensureThings(api, receiver.url);
      if (secret !== undefined) await tellSecret(receiver, secret);
      const say = (line: string): void => void (values.json || cli.out.line(line));
      things.made.forEach((made) => say(`made      ${made}`));
      if (things.whyNoEndpoint !== undefined) say(`webhook   left out: ${things.whyNoEndpoint}`);
      const links = await tell(api, things, email, say);
      if (receiver.isOwn && things.endpointId !== undefined) await pauseEndpoint(api, things.endpointId);
      if (values.json) cli.out.json({ links, things });
      else showEnd(cli, links, things, receiver.isOwn);
    } finally {
      await receiver.close();
    }
    return exitCodes.ok;
  },
};

function showEnd({ out }: Cli, links: DemoLinks, { endpointId }: DemoThings, isOwnReceiver: boolean): void {
  out.line();
  printFields(out, [
    ['Trace', links.trace],
    ['Delivery', links.delivery],
    ['Workflow', links.workflow],
    ['Email', links.email],
  ]);
  out.line();
  if (isOwnReceiver && endpointId !== undefined) {
    out.line('The receiver of the tour ends now, and its endpoint is paused: npm run receiver starts one that stays.');
  }
  out.line('esx demo --remove removes all that it has made.');
}

async function remove(api: Api, email: string, isJson: boolean, { out }: Cli): Promise<0> {
  const removed = await removeThings(api, email);
  if (isJson) out.json({ removed });
  else if (removed.length === 0) out.line('There was nothing of the demonstration.');
  else removed.forEach((line) => out.line(`removed   ${line}`));
  return exitCodes.ok;
}

const readySchema = z.object({ status: z.string() });

async function checkReady(api: Api): Promise<void> {
  const ready = readySchema.safeParse((await api.call('GET', '/readyz')).json);
  if (ready.data?.status === 'ok') return;
  throw new CliError(`${api.url} is not ready; npx esx doctor says what is wrong.`, exitCodes.notThere);
}

const sessionSchema = z.object({ server: z.object({ isMailboxUsed: z.boolean() }) });

/** Nobody has the default address: where email leaves the machine, someone must be named. */
async function safeEmail(api: Api): Promise<string> {
  const { data } = await api.get('/session', sessionSchema);
  if (data.server.isMailboxUsed) return defaultEmail;
  throw usageError('--email is missing: this server sends real email, so name an address of yours');
}
