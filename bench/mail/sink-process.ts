import { once } from 'node:events';
import { SMTPServer } from 'smtp-server';
import { nowMs } from '../client/clock';
import { offer } from '../system/child';

/** The SMTP server that mail goes to, a process of its own: it books whom each message that it has accepted went to. */
export interface Taken {
  messages: number;
  /** Recipients of one message at least. */
  recipients: number;
  bytes: number;
  /** NaN where none came. */
  firstAtMs: number;
  lastAtMs: number;
}

const nothing: Taken = { messages: 0, recipients: 0, bytes: 0, firstAtMs: NaN, lastAtMs: NaN };
let taken = nothing;
let recipients = new Set<string>();
let sample = '';
let delayMs = 0;

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS', 'AUTH'],
  disableReverseLookup: true,
  logger: false,
  onData(stream, session, done) {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const raw = Buffer.concat(chunks);
      for (const { address } of session.envelope.rcptTo) recipients.add(address);
      const atMs = nowMs();
      taken = {
        messages: taken.messages + 1,
        recipients: recipients.size,
        bytes: taken.bytes + raw.length,
        firstAtMs: taken.messages === 0 ? atMs : taken.firstAtMs,
        lastAtMs: atMs,
      };
      if (sample === '') sample = raw.toString('utf8');
      if (delayMs > 0) setTimeout(done, delayMs, null);
      else done(null);
    });
  },
});
// A connection that its client cuts off is no reason to end.
server.on('error', () => undefined);

const functions = {
  async listen(_: null): Promise<string> {
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    const address = server.server.address();
    if (address === null || typeof address === 'string') throw new Error('the sink has no port');
    return `smtp://127.0.0.1:${address.port}`;
  },

  /** Counts anew. `answersAfterMs`: what a server takes that writes each message to its disk before it accepts it. */
  begin({ answersAfterMs }: { answersAfterMs: number }): Promise<void> {
    delayMs = answersAfterMs;
    taken = nothing;
    recipients = new Set();
    sample = '';
    return Promise.resolve();
  },

  taken: (_: null): Promise<Taken> => Promise.resolve(taken),

  /** The first message since then, as it came over the wire. */
  sample: (_: null): Promise<string> => Promise.resolve(sample),
};
export type SinkFunctions = typeof functions;

offer(functions);
