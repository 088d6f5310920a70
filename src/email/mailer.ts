import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { Logger } from 'pino';
import type { Mailer, OutgoingMail, SendResult } from '../../activities/send-emails';
import { reportSchema, type Command, type MailerSettings } from './mailer-messages';

export interface MailerOptions {
  settings: MailerSettings | Promise<MailerSettings>;
  logger: Logger;
  /** What is run as the mailer process; the compiled one, where nothing is named. */
  program?: { path: string; execArgv: string[] };
}
export interface RunningMailer extends Mailer {
  /** Resolves when what was under way has ended, or after a bound. */
  stop(): Promise<void>;
}

/** Mails of one message to the process; each slice is claimed by itself, while others are being sent. */
const sliceSize = 100;
const stopWithinMs = 35_000;
const firstBackoffMs = 250;
const longestBackoffMs = 15_000;
/** A process that ran so long was well; the backoff begins anew. */
const steadyMs = 60_000;
const compiled = { path: path.join(__dirname, 'mailer-process.js'), execArgv: [] };

interface Pending {
  resolve: (results: SendResult[]) => void;
  reject: (error: Error) => void;
}

/** Keeps a mailer process running, and hands it mails. */
export function startMailer({ settings, logger, program = compiled }: MailerOptions): RunningMailer {
  const pending = new Map<number, Pending>();
  let lastId = 0;
  let isStopping = false;
  let backoffMs = firstBackoffMs;
  let child: Promise<ChildProcess> = launch();
  // A start that fails is told to whoever sends.
  child.catch(() => undefined);

  async function launch(): Promise<ChildProcess> {
    const opened = await settings;
    const startedAtMs = Date.now();
    const forked = start();
    let complaint = '';
    const ended = (how: string): void => {
      for (const { reject } of pending.values()) reject(new Error(`the mailer process has ended (${how})`));
      pending.clear();
      if (isStopping) return;
      logger.error({ how, complaint }, 'mailer.ended');
      if (Date.now() - startedAtMs > steadyMs) backoffMs = firstBackoffMs;
      launchAgain();
    };
    forked.stderr?.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-2_000)));
    forked.on('message', take);
    forked.once('exit', (code, signal) => ended(signal === null ? `exit code ${code}` : `signal ${signal}`));
    forked.on('error', (error) => {
      logger.error({ err: error }, 'mailer.failed');
      // One that has not come about has no exit.
      if (forked.pid === undefined) ended(error.message);
    });
    tell(forked, { type: 'open', settings: opened });
    return forked;
  }

  function start(): ChildProcess {
    try {
      return fork(program.path, [], {
        // In a process group of its own: neither a Ctrl-C in the terminal nor a kill of the worker's group ends it.
        detached: true,
        serialization: 'advanced',
        execArgv: program.execArgv,
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      });
    } catch (error) {
      logger.error({ err: error }, 'mailer.failed');
      launchAgain();
      throw error;
    }
  }

  function launchAgain(): void {
    child = new Promise((resolve) => setTimeout(resolve, backoffMs)).then(launch);
    child.catch(() => undefined);
    backoffMs = Math.min(backoffMs * 2, longestBackoffMs);
  }

  function take(message: unknown): void {
    const report = reportSchema.parse(message);
    switch (report.type) {
      case 'warning':
        logger.warn({ reason: report.message }, report.event);
        return;
      case 'sent':
        pending.get(report.id)?.resolve(report.results);
        pending.delete(report.id);
        return;
      case 'failed':
        pending.get(report.id)?.reject(new Error(report.message));
        pending.delete(report.id);
        return;
    }
  }

  async function sendSlice(mails: OutgoingMail[]): Promise<SendResult[]> {
    const running = await child;
    if (isStopping) throw new Error('the mailer is being stopped');
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      pending.set(id, { resolve, reject });
      tell(running, { type: 'send', id, mails });
    });
  }

  /** A channel that is closed belongs to a process that is ending: its exit rejects what is pending. */
  function tell(running: ChildProcess, command: Command): void {
    running.send(command, () => undefined);
  }

  return {
    async send(mails) {
      const slices: OutgoingMail[][] = [];
      for (let start = 0; start < mails.length; start += sliceSize) slices.push(mails.slice(start, start + sliceSize));
      const outcomes = await Promise.allSettled(slices.map(sendSlice));
      const results = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      // What is not among the results is looked at again; only when nothing has come about is there something to tell.
      if (failed && results.length === 0) throw failed.reason;
      return results;
    },
    async stop() {
      if (isStopping) return;
      isStopping = true;
      const running = await child.catch(() => undefined);
      if (!running || running.exitCode !== null || running.signalCode !== null) return;
      let timer: NodeJS.Timeout | undefined;
      const ended = new Promise<void>((resolve) => running.once('exit', () => resolve()));
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, stopWithinMs)));
      tell(running, { type: 'drain' });
      await Promise.race([ended, late]);
      clearTimeout(timer);
      // It goes on by itself if it has to.
      if (running.connected) running.disconnect();
    },
  };
}
