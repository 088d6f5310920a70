import { once } from 'node:events';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** What an SMTP server was given and has said 250 to. */
export interface TakenMail {
  messageId: string;
  /** The envelope's. */
  from: string;
  to: string;
  raw: string;
}
/** What the server says: a reply such as `550 5.1.1 nobody`, or `drop`, which closes the connection without a word. */
export type Reply = `${number} ${string}` | 'drop';
/** Asked at each stage; undefined: yes. */
export interface SinkScript {
  mailFrom?: (from: string) => Reply | undefined;
  recipient?: (to: string) => Reply | undefined;
  data?: (mail: TakenMail) => Reply | undefined | Promise<Reply | undefined>;
}
/** A server that takes its time over each mail. */
export const thinking = (delayMs: number) => (): Promise<undefined> =>
  new Promise((resolve) => setTimeout(() => resolve(undefined), delayMs));

export interface Sink {
  port: number;
  url: string;
  taken: TakenMail[];
  script: SinkScript;
  /** The most that were open at one time. */
  mostConnections: () => number;
  close: () => Promise<void>;
}

/** A real SMTP server on any free port; its script can be changed while it runs. */
export async function startSink(options: SMTPServerOptions = {}, port = 0): Promise<Sink> {
  const taken: TakenMail[] = [];
  let open = 0;
  let most = 0;
  const sink = { script: {} as SinkScript };
  const answer = (reply: Reply | undefined, sessionId: string): Error | undefined => {
    if (reply === undefined) return undefined;
    if (reply === 'drop') {
      for (const connection of server.connections)
        if (connection.session.id === sessionId) connection._socket.destroy();
      return new Error('dropped');
    }
    return Object.assign(new Error(reply.slice(4)), { responseCode: Number(reply.slice(0, 3)) });
  };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 1_000,
    ...options,
    onConnect(_session, done) {
      most = Math.max(most, ++open);
      done();
    },
    onClose() {
      open--;
    },
    onMailFrom: ({ address }, { id }, done) => done(answer(sink.script.mailFrom?.(address), id)),
    onRcptTo: ({ address }, { id }, done) => done(answer(sink.script.recipient?.(address), id)),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks).toString('utf8');
        const { mailFrom, rcptTo } = session.envelope;
        const mail = {
          messageId: /^message-id:\s*(\S+)/im.exec(raw)?.[1] ?? '',
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address).join(),
          raw,
        };
        void (async () => {
          const refusal = answer(await sink.script.data?.(mail), session.id);
          if (!refusal) taken.push(mail);
          done(refusal ?? null);
        })();
      });
    },
  });
  server.on('error', () => undefined);
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return Object.assign(sink, {
    ...{ port: address.port, url: `smtp://127.0.0.1:${address.port}`, taken, mostConnections: () => most },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  });
}
