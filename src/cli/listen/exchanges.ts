import type { ListenAnswer, ListenMessage } from '../../../domain/listening';
import type { Forward } from './forward';

export interface Exchange {
  at: Date;
  request: ListenMessage<'request'>;
  answer: ListenAnswer;
}

const maxAtOnce = 8;
const maxWaiting = 500;
const maxRemembered = 200;

/**
 * Posts what comes, some at a time, and hands each answer on. What comes twice because a connection broke is posted
 * once.
 */
export class Exchanges {
  private readonly waiting: ListenMessage<'request'>[] = [];
  private underWay = 0;
  private skipped = 0;
  /** Of requests that somebody waits for; undefined while it is under way. */
  private readonly answers = new Map<string, ListenAnswer | undefined>();
  last: ListenMessage<'request'> | undefined;

  constructor(
    private readonly forward: Forward,
    private readonly on: {
      exchanged: (exchange: Exchange) => void;
      /** Tells the server what was answered. */
      report: (requestId: string, answer: ListenAnswer) => void;
      skipped: (count: number) => void;
    },
    private readonly signal: AbortSignal,
  ) {}

  take(request: ListenMessage<'request'>): void {
    const { requestId } = request;
    if (requestId !== null && this.answers.has(requestId)) {
      const answer = this.answers.get(requestId);
      if (answer) this.on.report(requestId, answer);
      return;
    }
    if (requestId === null && this.waiting.length >= maxWaiting) {
      this.skipped++;
      return;
    }
    if (requestId !== null) this.remember(requestId);
    this.waiting.push(request);
    this.next();
  }

  private next(): void {
    const request = this.underWay < maxAtOnce ? this.waiting.shift() : undefined;
    if (!request || this.signal.aborted) return;
    this.underWay++;
    void this.exchange(request).finally(() => {
      this.underWay--;
      this.next();
    });
    this.next();
  }

  private async exchange(request: ListenMessage<'request'>): Promise<void> {
    const at = new Date();
    const answer = await this.forward(request, this.signal);
    if (this.signal.aborted) return;
    this.last = request;
    this.on.exchanged({ at, request, answer });
    if (request.requestId !== null) {
      this.answers.set(request.requestId, answer);
      this.on.report(request.requestId, answer);
    }
    if (this.skipped > 0 && this.waiting.length === 0) {
      this.on.skipped(this.skipped);
      this.skipped = 0;
    }
  }

  private remember(requestId: string): void {
    this.answers.set(requestId, undefined);
    const [oldest] = this.answers.keys();
    if (this.answers.size > maxRemembered && oldest !== undefined) this.answers.delete(oldest);
  }
}
