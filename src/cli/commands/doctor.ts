import { parseArgs } from 'node:util';
import { commonHelp, commonOptions, parsed, type Cli, type Command } from '../command';
import { connect } from '../connection';
import type { Check } from '../doctor/check';
import { checkMongo, checkTemporal } from '../doctor/engines';
import { checkDomains, checkMail } from '../doctor/mail';
import { checkGateway, checkKey, checkPublicUrl } from '../doctor/server';
import { areEnginesNamed, checkNode, checkSettings } from '../doctor/settings';
import { checkWebhooks } from '../doctor/webhooks';
import { exitCodes } from '../outcome';
import type { Colour, Output } from '../output';

const name = 'doctor';

const help = `esx doctor [options]

Looks at an installation and says of each part whether it is well, and what to do if not: settings, Node, MongoDB with
its indexes, Temporal with its search attributes and workers, the gateway, the API key, the clocks, the public URL,
SMTP, the DNS of sending domains, webhooks that are switched off.

Beside npm start it asks the running server. With the server's own settings in the environment (MONGODB_URI,
TEMPORAL_ADDRESS, SMTP_URL …) it looks at the engines itself as well.

${commonHelp}

Ends with 1 if anything fails; what is only to be thought about (warn) does not count.`;

export const doctor: Command = {
  help,
  async run(args, cli) {
    const { values } = parsed(name, () => parseArgs({ args, options: commonOptions }));
    const { out } = cli;
    const all: Check[] = [];
    // Shown as they come: some take seconds.
    const note = (checks: readonly Check[]): void => {
      all.push(...checks);
      if (!values.json) checks.forEach((check) => printCheck(out, check));
    };
    await lookAtAll(cli, values, note);
    const isWell = !all.some(({ status }) => status === 'fail');
    if (values.json) out.json({ ok: isWell, checks: all });
    else summarise(out, all);
    return isWell ? exitCodes.ok : exitCodes.failed;
  },
};

async function lookAtAll(
  cli: Cli,
  values: { url?: string | undefined; key?: string | undefined },
  note: (checks: readonly Check[]) => void,
): Promise<void> {
  note([checkNode(process.version)]);
  const { checks, config } = checkSettings(cli.env);
  note(checks);
  if (areEnginesNamed(cli.env)) {
    if (config) note(await checkMongo(config));
    if (config?.temporal) note(await checkTemporal(config.temporal));
  }
  const api = connect(values, cli);
  const gateway = await checkGateway(api);
  note(gateway);
  if (gateway.some((check) => check.name === 'gateway' && check.status === 'fail')) {
    return note(await checkMail(config, undefined));
  }
  const { checks: ofKey, session } = await checkKey(api);
  note(ofKey);
  note(await checkMail(config, session));
  if (!session) return;
  note(await checkPublicUrl(session.server.publicUrl));
  note(await checkDomains(api, session));
  note(await checkWebhooks(api));
}

const colours: Record<Check['status'], Colour> = { ok: 'green', warn: 'yellow', fail: 'red' };
const nameWidth = 18;

function printCheck(out: Output, { name: what, status, detail, remedy }: Check): void {
  out.line(`${out.paint(status.padEnd(4), colours[status])}  ${what.padEnd(nameWidth)}  ${detail}`);
  for (const line of remedy?.split('\n') ?? []) out.line(`${' '.repeat(nameWidth + 8)}→ ${line}`);
}

function summarise(out: Output, all: readonly Check[]): void {
  const count = (status: Check['status']): number => all.filter((check) => check.status === status).length;
  out.line(`\n${count('ok')} well, ${count('warn')} to think about, ${count('fail')} to mend.`);
}
