import type { paths } from '../../api/schema';

type Answer<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': infer Body } } } };
}
  ? Body
  : never;
export type EventRow = Answer<'/api/v1/events'>['data'][number];
export type EventDetail = Answer<'/api/v1/events/{messageId}'>;

export function eventTitle({ type, event }: Pick<EventRow, 'type' | 'event'>): string {
  return type === 'identify' ? 'identify' : (event ?? 'track');
}

/** One line on what became of a message. */
export function whatHappened(
  row: Pick<EventRow, 'reason' | 'didYouMean' | 'outcome' | 'automations' | 'status'>,
): string {
  const { reason, didYouMean, outcome, automations, status } = row;
  if (reason !== null) return didYouMean.length > 0 ? `${reason}; did you mean ${quoted(didYouMean)}?` : reason;
  if (automations.length > 0) return automationsLine(automations);
  if (outcome?.changes && outcome.changes.length > 0) return `${status}: ${outcome.changes.join(', ')}`;
  if (status === 'unchanged') return 'the contact has these values already';
  return status === 'created' ? 'a new contact' : '';
}

function automationsLine(automations: EventRow['automations']): string {
  const ran = automations.filter((each) => each.ran).map(({ name }) => name);
  const others = automations.filter((each) => !each.ran);
  const [first] = others;
  const started = ran.length > 0 ? [`started ${ran.join(', ')}`] : [];
  const passed = first ? [`${first.name} did not start: ${first.reason ?? 'no reason is known'}`] : [];
  const more = others.length > 1 ? [`and ${others.length - 1} more did not`] : [];
  return [...started, ...passed, ...more].join('; ');
}

export function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(' or ');
}
