import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import type { ListenAnswer } from '../../../domain/listening';
import type { Api } from '../api';
import { commonHelp, commonOptions, parsed, type Command } from '../command';
import { connect } from '../connection';
import { Exchanges } from '../listen/exchanges';
import { createForward, readForwardTo } from '../listen/forward';
import { readKeys } from '../listen/keys';
import { jsonReport, textReport } from '../listen/report';
import { stayConnected } from '../listen/stream';
import { exitCodes } from '../outcome';
import type { Output } from '../output';

const name = 'listen';

const help = `esx listen --forward-to <url> [options]

Webhooks to a server on this machine, over a connection that goes out from here: no tunnel, no public address. Every
new webhook event of the workspace comes, whatever endpoints there are, signed with the secret that is printed at the
start and stays the same. So does what is sent from the page of a delivery ("send to my laptop"), with the header
esx-replay: true; its answer shows there beside the original. No delivery of production is changed by it.

  --forward-to URL  where they are posted, such as http://localhost:4000/hook; a port alone is enough
  --events a,b      these events only, such as contact.created,email.opened
  --only-sent       nothing but what is sent by hand
  --name TEXT       what the others see; the name of this machine if not given
  --skip-verify     takes any certificate of an https URL on this machine
  --compact         one short line for each, and nothing else
${commonHelp}

On a terminal r sends the last one again, signed afresh, and q ends. Ctrl-C ends with exit code 0. With --json each
line is {"type": "ready" | "exchange" | "skipped" | "lost", …}.`;

export const listen: Command = {
  help,
  async run(args, cli) {
    const { values } = parsed(name, () =>
      parseArgs({
        args,
        options: {
          ...commonOptions,
          ...{ 'forward-to': { type: 'string' }, events: { type: 'string' }, name: { type: 'string' } },
          'only-sent': { type: 'boolean', default: false },
          'skip-verify': { type: 'boolean', default: false },
          compact: { type: 'boolean', default: false },
        },
      }),
    );
    const { out, input } = cli;
    const forwardTo = readForwardTo(values['forward-to']);
    const api = connect(values, cli);
    api.authorization();
    const hasKeys = input.isTTY && out.isTerminal && !values.json;
    const ending = new AbortController();
    const signal = AbortSignal.any([cli.interrupted(), ending.signal]);
    const report = values.json
      ? jsonReport(out)
      : textReport(out, { isCompact: values.compact, forwardTo, url: api.url, hasKeys });
    let listenerId = '';
    const exchanges = new Exchanges(
      createForward(forwardTo, { isCertificateChecked: !values['skip-verify'] }),
      {
        exchanged: (exchange) => report.exchanged(exchange),
        report: (requestId, answer) => void tell(api, listenerId, requestId, answer, out),
        skipped: (count) => report.skipped(count, 'Your server takes them more slowly than they come.'),
      },
      signal,
    );
    const stopKeys = hasKeys
      ? readKeys(input, { q: () => ending.abort(), r: () => void sendAgain(api, listenerId, exchanges, out) })
      : undefined;
    try {
      await stayConnected(
        api,
        {
          name: values.name ?? hostname(),
          forwardTo,
          events: values.events,
          isOnlySent: values['only-sent'],
        },
        {
          hello(message) {
            listenerId = message.listenerId;
            report.hello(message);
          },
          request: (message) => exchanges.take(message),
          skipped: ({ count, reason }) => report.skipped(count, reason),
          lost: (why) => report.lost(why),
        },
        signal,
      );
    } finally {
      stopKeys?.();
    }
    report.end();
    return exitCodes.ok;
  },
};

/** An answer that is lost with the connection is told again when the server asks again. */
async function tell(api: Api, listenerId: string, requestId: string, answer: ListenAnswer, out: Output): Promise<void> {
  try {
    await api.call('POST', `/api/v1/listen/${listenerId}/responses`, { body: { requestId, ...answer } });
  } catch (error) {
    out.note(`esx: the answer could not be told: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The server sends it, since a signature holds for minutes only. */
async function sendAgain(api: Api, listenerId: string, { last }: Exchanges, out: Output): Promise<void> {
  if (!last) return out.note('esx: nothing came yet');
  const { deliveryId, eventId } = last;
  try {
    await (deliveryId === null
      ? api.call('POST', `/api/v1/listeners/${listenerId}/requests`, { body: { eventId } })
      : api.call('POST', `/api/v1/webhook-deliveries/${deliveryId}/send-to-listener`, { body: { listenerId } }));
  } catch (error) {
    out.note(`esx: ${error instanceof Error ? error.message : String(error)}`);
  }
}
