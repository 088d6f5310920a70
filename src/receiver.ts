import { parseArgs } from 'node:util';
import { createReceiver } from './receiver/server';

const help = `A receiver for trying out webhooks. It prints every delivery and answers as the path says.

  npm run receiver -- [--port 4000] [--secret whsec_…]… [--help]

  POST /ok, or any other path   200
       /fail/3                  500 for the first 3 attempts of each webhook-id, then 200 (test pings count as well)
       /status/410              that status, always
       /slow, /slow/5           200 after 35 s, after 5 s
       /429?after=60            429 with Retry-After: 60 at the first attempt, then 200; also /retry-after/60
       /redirect                302
       /reset                   closes the connection without an answer
       /huge                    200 with a body of 5 MB

  GET  /                        what came in, newest first
  GET  /received                the same as JSON
  POST /secret, PUT /secrets    {"secret":"whsec_…"}: check signatures with this secret as well (POST), or with it alone (PUT)
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '4000' },
      secret: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  const print = (text: string) => void process.stdout.write(text);
  if (values.help) return print(help);
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) throw new Error('--port takes 0 to 65535');

  const receiver = await createReceiver({ port: Number(values.port), secrets: values.secret, help, print });
  const signatures = values.secret.length === 0 ? 'signatures are not checked (no --secret)' : 'signatures are checked';
  print(`Receiver on ${receiver.url}; ${signatures}. Ctrl-C ends it.\n`);
  const stop = () => void receiver.close();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
