import { setTimeout as pause } from 'node:timers/promises';
import { listenMessages, type ListenMessage, type ListenMessageName } from '../../../domain/listening';
import { problemOf, type Api } from '../api';
import { CliError } from '../outcome';
import { readSse, type SseEvent } from '../read-sse';

export interface ListenOptions {
  name: string;
  forwardTo: string;
  events: string | undefined;
  isOnlySent: boolean;
}
/** What is done with what comes. */
export interface ListenHandlers {
  hello(message: ListenMessage<'hello'>): void;
  request(message: ListenMessage<'request'>): void;
  skipped(message: ListenMessage<'skipped'>): void;
  /** The connection broke and is made again. */
  lost(why: string): void;
}

/** The gateway says something every 15 s: a connection that is silent for longer than this is none any more. */
const silentMs = 40_000;
/** Older than this, what happened meanwhile would come as a flood. */
const catchUpMs = 120_000;
const firstDelayMs = 500;
const maxDelayMs = 15_000;

/**
 * Stays connected until `signal`. The first connection must come about; one that breaks later is made again, from the
 * place where it broke.
 */
export async function stayConnected(
  api: Api,
  options: ListenOptions,
  handlers: ListenHandlers,
  signal: AbortSignal,
): Promise<void> {
  const state: State = { listenerId: undefined, place: undefined, heardMs: 0 };
  for (let delayMs = firstDelayMs; !signal.aborted;) {
    const heardBeforeMs = state.heardMs;
    let why = 'the server has closed the connection';
    try {
      await listenOnce(api, options, handlers, state, signal);
    } catch (error) {
      if (signal.aborted) return;
      const isLasting = error instanceof CliError && !error.isTemporary;
      if (state.listenerId === undefined || isLasting) throw error;
      why = error instanceof Error ? error.message : String(error);
    }
    if (signal.aborted) return;
    const wasConnected = state.heardMs > heardBeforeMs;
    if (wasConnected) handlers.lost(why);
    delayMs = wasConnected ? firstDelayMs : Math.min(2 * delayMs, maxDelayMs);
    await pause(delayMs, undefined, { signal }).catch(() => undefined);
  }
}

interface State {
  listenerId: string | undefined;
  place: string | undefined;
  heardMs: number;
}

async function listenOnce(
  api: Api,
  { name, forwardTo, events, isOnlySent }: ListenOptions,
  handlers: ListenHandlers,
  state: State,
  signal: AbortSignal,
): Promise<void> {
  const silence = new AbortController();
  const awayMs = Date.now() - state.heardMs;
  const isPlaceFresh = state.place !== undefined && awayMs < catchUpMs;
  const query = new URLSearchParams({
    ...{ name, forwardTo, onlySent: String(isOnlySent) },
    ...(events === undefined ? {} : { events }),
    ...(state.listenerId === undefined ? {} : { listenerId: state.listenerId }),
  });
  const response = await api.fetch(`/api/v1/listen?${query.toString()}`, {
    headers: {
      ...api.authorization(),
      accept: 'text/event-stream',
      ...(state.place !== undefined && isPlaceFresh ? { 'last-event-id': state.place } : {}),
    },
    signal: AbortSignal.any([signal, silence.signal]),
  });
  if (!response.ok) throw problemOf(api.url, response, await response.json().catch(() => undefined));
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
    throw new CliError(`${api.url} answers with what is no stream; is it an EmailSendX server?`);
  }
  if (state.place !== undefined && !isPlaceFresh) {
    const minutes = Math.round(awayMs / 60_000);
    handlers.skipped({
      count: null,
      reason: `The connection was away for ${minutes} min: esx deliveries list has them.`,
    });
  }
  const hear = (): void => void (state.heardMs = Date.now());
  hear();
  const watch = setInterval(() => {
    if (Date.now() - state.heardMs > silentMs) silence.abort(new Error('the server was silent for too long'));
  }, 1_000);
  try {
    for await (const event of readSse(response.body ?? [], hear)) {
      if (event.id !== undefined) state.place = event.id;
      take(event, handlers, state);
    }
  } finally {
    clearInterval(watch);
  }
}

function take(event: SseEvent, handlers: ListenHandlers, state: State): void {
  switch (event.event) {
    case 'hello': {
      const hello = read('hello', event);
      state.listenerId = hello.listenerId;
      handlers.hello(hello);
      break;
    }
    case 'request':
      handlers.request(read('request', event));
      break;
    case 'skipped':
      handlers.skipped(read('skipped', event));
      break;
    // What a later server may say besides.
    default:
  }
}

function read<Name extends ListenMessageName>(name: Name, { data }: SseEvent): ListenMessage<Name>;
function read(name: ListenMessageName, { data }: SseEvent): unknown {
  return listenMessages[name].parse(JSON.parse(data));
}
