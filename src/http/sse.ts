import type { Response } from 'express';
import { Problem } from './problem';

/** One open answer of server-sent events. */
export interface SseStream {
  readonly isClosed: boolean;
  /** What was sent and has not left this machine yet. */
  readonly waitingBytes: number;
  /** Sends one event; `data` as JSON. `id` is what a client that comes back gives as Last-Event-ID. */
  send(event: string, data: unknown, id?: string): void;
  /** Called once, however it ends; a server that stops waits for what it returns. */
  onClose(undo: () => Promise<void> | void): void;
  close(): void;
}

const heartbeatMs = 15_000;
/** A reader that is this far behind is dropped: what waits for it is kept in memory. */
const maxWaitingBytes = 1_000_000;

/** All streams of a process, so that it can end them: an open answer would hold its stop up. */
export class SseStreams {
  private readonly streams = new Set<OpenStream>();
  private isStopping = false;

  open(response: Response): SseStream {
    if (this.isStopping) {
      throw new Problem(503, 'stopping', 'This gateway is stopping; connect again shortly.', { retryAfterSeconds: 1 });
    }
    const stream = new OpenStream(response);
    this.streams.add(stream);
    stream.onClose(() => void this.streams.delete(stream));
    return stream;
  }

  /** Ends all streams and takes no more. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all([...this.streams].map((stream) => stream.end()));
  }
}

class OpenStream implements SseStream {
  private readonly undos: (() => Promise<void> | void)[] = [];
  private readonly heartbeat: NodeJS.Timeout;
  private ended: Promise<void> | undefined;

  constructor(private readonly response: Response) {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      // A connection that is kept for the next request would hold the stop of the server up.
      connection: 'close',
      // Proxies of the nginx kind would keep events back until they have a block of them.
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
    this.heartbeat = setInterval(() => this.write(': still here\n\n'), heartbeatMs);
    response.once('close', () => void this.end());
    response.on('error', () => void this.end());
    if (response.destroyed) void this.end();
  }

  get isClosed(): boolean {
    return this.ended !== undefined;
  }

  get waitingBytes(): number {
    return this.response.writableLength;
  }

  send(event: string, data: unknown, id?: string): void {
    // JSON has no line breaks outside of strings, and inside they are escaped: it fits one data line.
    this.write(`event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`);
  }

  onClose(undo: () => Promise<void> | void): void {
    if (this.ended) void Promise.allSettled([Promise.resolve().then(undo)]);
    else this.undos.push(undo);
  }

  close(): void {
    void this.end();
  }

  end(): Promise<void> {
    this.ended ??= this.undo();
    return this.ended;
  }

  private async undo(): Promise<void> {
    clearInterval(this.heartbeat);
    this.response.end();
    // One that fails is no reason to leave the others out; what it has to say, it says itself.
    await Promise.allSettled(this.undos.map(async (undo) => undo()));
  }

  private write(text: string): void {
    if (this.ended) return;
    this.response.write(text);
    if (this.response.writableLength <= maxWaitingBytes) return;
    this.response.destroy();
    void this.end();
  }
}
