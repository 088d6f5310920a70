import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Api, Query } from '../api';
import { commonHelp, commonOptions, parsed, readNumber, type Command } from '../command';
import { connect } from '../connection';
import { eventFilter, eventFilterHelp, eventFilterOptions } from '../event-filter';
import { CliError, exitCodes } from '../outcome';
import { plain, type Output } from '../output';
import { shortTime } from '../times';
import { effectOf, traceColour, tracePage, type Trace } from '../trace';

const name = 'events tail';
const everyMs = 1_000;
const pageSize = 100;
/** Enough to know again what stands on a page, however many arrive between two looks. */
const maxRemembered = 1_000;

const help = `esx events tail [options]

Received identifies and tracks as they come, until Ctrl-C. One whose status changes is shown again.

${eventFilterHelp}
  --last N         how many of those before are shown first, 0 to 100; 10 if not given
${commonHelp}

With --json each line is one event, as GET /api/v1/events has it.`;

export const eventsTail: Command = {
  help,
  async run(args, cli) {
    const { values } = parsed(name, () =>
      parseArgs({
        args,
        options: { ...commonOptions, ...eventFilterOptions, last: { type: 'string', default: '10' } },
      }),
    );
    const last = readNumber('--last', values.last, { min: 0, max: pageSize });
    const tail = new Tail(connect(values, cli), eventFilter(values), cli.out, values.json);
    const signal = cli.interrupted();
    await tail.look(last);
    for (let isAway = false; !signal.aborted;) {
      await pause(everyMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) break;
      try {
        await tail.look();
        if (isAway) cli.out.note('esx: it answers again');
        isAway = false;
      } catch (error) {
        // A server that is restarted comes back; any other refusal would be the same the next time.
        if (!(error instanceof CliError) || error.exitCode !== exitCodes.notThere) throw error;
        if (!isAway) cli.out.note(`esx: ${error.message} Trying again.`);
        isAway = true;
      }
    }
    return exitCodes.ok;
  },
};

const rawPage = z.object({ data: z.array(z.unknown()) });

class Tail {
  /** The status that each was shown with. */
  private readonly shown = new Map<string, string>();

  constructor(
    private readonly api: Api,
    private readonly filter: Query,
    private readonly out: Output,
    private readonly isJson: boolean,
  ) {}

  /** Shows what is new, oldest first; of what was there before the first look only the newest. */
  async look(newest = pageSize): Promise<void> {
    const { data, json, nowMs } = await this.api.get('/events', tracePage, { ...this.filter, limit: pageSize });
    const raw = rawPage.parse(json).data;
    const fresh = data.data
      .map((trace, at) => ({ trace, raw: raw[at], at }))
      .filter(({ trace }) => this.shown.get(trace.id) !== trace.status);
    for (const { trace, raw, at } of fresh.toReversed()) {
      this.remember(trace);
      if (at >= newest) continue;
      if (this.isJson) this.out.json(raw);
      else this.out.line(this.lineOf(trace, nowMs));
    }
  }

  private remember({ id, status }: Trace): void {
    this.shown.delete(id);
    this.shown.set(id, status);
    const [oldest] = this.shown.keys();
    if (this.shown.size > maxRemembered && oldest !== undefined) this.shown.delete(oldest);
  }

  private lineOf(trace: Trace, nowMs: number): string {
    const { out } = this;
    const status = out.paint(trace.status.padEnd(10), traceColour(trace.status));
    const what = `${trace.type.padEnd(8)}  ${plain(trace.event ?? '')}`.trimEnd();
    const effect = plain(effectOf(trace));
    return `${shortTime(trace.receivedAt, nowMs)}  ${status}  ${what}  ${out.paint(plain(trace.id), 'dim')}${effect === '' ? '' : `  ${effect}`}`;
  }
}
