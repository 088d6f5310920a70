export const statuses = ['pending', 'retrying', 'delivered', 'failed', 'held', 'cancelled'] as const;
/** The last answer by its first digit. */
export const answers = {
  '2xx': '2xx',
  '3xx': '3xx: redirects',
  '4xx': '4xx: refused',
  '5xx': '5xx: faults of the receiver',
  none: 'No answer came',
} as const;
type Answer = keyof typeof answers;
export const ranges = {
  hour: { label: 'Last hour', ms: 3_600_000 },
  day: { label: 'Last 24 hours', ms: 86_400_000 },
  week: { label: 'Last 7 days', ms: 604_800_000 },
} as const;

export const filterNames = [
  ...(['status', 'event', 'endpointId', 'answer', 'range', 'since', 'until', 'eventId', 'contactId'] as const),
];
export type FilterName = (typeof filterNames)[number];
export interface Filters {
  get: (name: FilterName) => string | undefined;
  all: (name: FilterName) => string[];
}

/** A range begins at a full minute, so that the same question is asked again and not another one each time. */
const minuteMs = 60_000;

/** The question to the API that the filters in the URL make. */
export function queryOf({ get, all }: Filters, nowMs: number) {
  const range = Object.entries(ranges).find(([name]) => name === get('range'))?.[1];
  const since = range
    ? new Date(Math.floor((nowMs - range.ms) / minuteMs) * minuteMs).toISOString()
    : momentOf(get('since'));
  const until = range ? undefined : momentOf(get('until'));
  const answer = get('answer');
  const [status, event] = [all('status'), all('event')];
  const [endpointId, eventId, contactId] = [get('endpointId'), get('eventId'), get('contactId')];
  return {
    ...(status.length > 0 ? { status } : {}),
    ...(event.length > 0 ? { event } : {}),
    ...(isAnswer(answer) ? { answer } : {}),
    ...(endpointId === undefined ? {} : { endpointId }),
    ...(eventId === undefined ? {} : { eventId }),
    ...(contactId === undefined ? {} : { contactId }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
}
export type LogQuery = ReturnType<typeof queryOf>;

/** What an id in the search box asks for, by its prefix. */
export function searchedFor(
  text: string,
): { kind: 'nothing' } | { kind: 'delivery'; id: string } | { kind: 'eventId' | 'contactId'; id: string } | undefined {
  const id = text.trim();
  if (id === '') return { kind: 'nothing' };
  if (!/^(dlv|evt|con)_[0-9a-z]+$/i.test(id)) return undefined;
  if (id.startsWith('dlv_')) return { kind: 'delivery', id };
  return { kind: id.startsWith('evt_') ? 'eventId' : 'contactId', id };
}

/** A moment in the form of an input of local time; empty where it is none. */
export function localInputOf(iso: string | undefined): string {
  const atMs = Date.parse(iso ?? '');
  if (Number.isNaN(atMs)) return '';
  const at = new Date(atMs);
  return new Date(atMs - at.getTimezoneOffset() * minuteMs).toISOString().slice(0, 16);
}

/** Any moment that can be read, as ISO 8601 in UTC. */
export function momentOf(text: string | undefined): string | undefined {
  const atMs = Date.parse(text ?? '');
  return Number.isNaN(atMs) ? undefined : new Date(atMs).toISOString();
}

function isAnswer(value: string | undefined): value is Answer {
  return value !== undefined && Object.hasOwn(answers, value);
}
