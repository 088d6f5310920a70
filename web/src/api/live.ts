import { useEffect, useEffectEvent } from 'react';
import { noteServerTime } from './client';

const topics = ['deliveries', 'events', 'rejections', 'emails', 'campaigns', 'imports', 'runs', 'contacts'] as const;
export type Topic = (typeof topics)[number];

/** Ids of what has changed; `isAll` where too much has changed to be named, or news were missed. */
export interface Change {
  ids: string[];
  isAll: boolean;
}
type Listener = (topic: Topic, change: Change) => void;

const listeners = new Set<Listener>();
let source: EventSource | undefined;
let closing: ReturnType<typeof setTimeout> | undefined;

/** One connection for the whole page, however many parts of it listen. */
function connect(): void {
  clearTimeout(closing);
  // The browser makes a lost connection anew, but for one that was refused.
  if (source && source.readyState !== EventSource.CLOSED) return;
  source = new EventSource(`/api/v1/live?topics=${topics.join(',')}`);
  source.addEventListener('hello', ({ data }) => noteTime(parse(data)));
  source.addEventListener('change', ({ data }) => {
    const change = parse(data);
    noteTime(change);
    const topic = topics.find((known) => known === change['topic']);
    const { ids, more } = change;
    if (topic && Array.isArray(ids)) tell(topic, { ids: ids.map(String), isAll: more === true });
  });
  const tellAll = (): void => topics.forEach((topic) => tell(topic, { ids: [], isAll: true }));
  source.addEventListener('resync', tellAll);
  let hasFailed = false;
  source.addEventListener('error', () => (hasFailed = true));
  source.addEventListener('open', () => {
    // What happened in between was not heard.
    if (hasFailed) tellAll();
    hasFailed = false;
  });
}

function tell(topic: Topic, change: Change): void {
  listeners.forEach((listener) => listener(topic, change));
}

function parse(text: unknown): Record<string, unknown> {
  const value: unknown = JSON.parse(String(text));
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function noteTime({ now }: Record<string, unknown>): void {
  if (typeof now === 'string') noteServerTime(Date.parse(now), true);
}

/** Calls `onChange` whenever something of the topic, or of one of several, has changed on the server. */
export function useLive(topic: Topic | readonly Topic[], onChange: (change: Change) => void, isOn = true): void {
  const tell = useEffectEvent(onChange);
  const wanted = [topic].flat().join(' ');
  useEffect(() => {
    if (!isOn) return;
    const listener: Listener = (changed, change) => {
      if (wanted.split(' ').includes(changed)) tell(change);
    };
    listeners.add(listener);
    connect();
    return () => {
      listeners.delete(listener);
      // The next page may listen in a moment.
      closing = setTimeout(() => {
        if (listeners.size > 0) return;
        source?.close();
        source = undefined;
      }, 2_000);
    };
  }, [wanted, isOn]);
}
