import type { Condition, Step } from './queries';

/** Ids by their names, as far as they are known. */
export interface Names {
  lists: { id: string; name: string }[];
  templates: { id: string; name: string }[];
}

export const stepTitles: Record<Step['type'], string> = {
  wait: 'Wait',
  sendEmail: 'Send email',
  waitForEmail: 'Wait for an open or click',
  condition: 'Condition',
  addToList: 'Add to list',
  removeFromList: 'Remove from list',
  updateContact: 'Update contact',
  webhook: 'Webhook',
  end: 'End',
};

/** Fields of steps by the labels of their inputs. */
export const fieldNames: Record<string, string> = {
  '/duration': 'Wait for',
  '/templateId': 'Template',
  '/from': 'From',
  '/limit': 'At most',
  '/listId': 'List',
  '/url': 'URL',
};

export const stepHints: Record<Step['type'], string> = {
  wait: 'for minutes or months',
  sendEmail: 'a template, to the contact',
  waitForEmail: 'of the last email, up to a limit',
  condition: 'two branches, by contact or event',
  addToList: 'the contact',
  removeFromList: 'the contact',
  updateContact: 'set or remove traits',
  webhook: 'POST to a URL, tried again when it fails',
  end: 'the run stops here',
};

/** What a step does, in one line. */
export function describe(step: Step, { lists, templates }: Names): string {
  const nameOf = (known: { id: string; name: string }[], id: string): string =>
    known.find((each) => each.id === id)?.name ?? (id === '' ? '…' : id);
  switch (step.type) {
    case 'wait':
      return step.duration;
    case 'sendEmail':
      return nameOf(templates, step.templateId);
    case 'waitForEmail':
      return `until ${step.event}, ${step.limit} at most`;
    case 'condition':
      return describeCondition(step.if);
    case 'addToList':
    case 'removeFromList':
      return nameOf(lists, step.listId);
    case 'updateContact':
      return Object.keys(step.traits).join(', ') || 'no trait yet';
    case 'webhook':
      return step.url || '…';
    case 'end':
      return 'the run stops here';
  }
}

export const operators = {
  equals: 'is',
  notEquals: 'is not',
  contains: 'contains',
  startsWith: 'starts with',
  endsWith: 'ends with',
  gt: 'is more than',
  gte: 'is at least',
  lt: 'is less than',
  lte: 'is at most',
  in: 'is one of',
  exists: 'is there',
  notExists: 'is not there',
} as const;

export function describeCondition(condition: Condition): string {
  if ('all' in condition) return condition.all.map(describePart).join(' and ');
  if ('any' in condition) return condition.any.map(describePart).join(' or ');
  if ('not' in condition) return `not (${describeCondition(condition.not)})`;
  const value = 'value' in condition ? ` ${JSON.stringify(condition.value)}` : '';
  return `${condition.field} ${operators[condition.op]}${value}`;
}

function describePart(part: Condition): string {
  const text = describeCondition(part);
  return 'all' in part || 'any' in part ? `(${text})` : text;
}

/** `1.then.0` as people count: "2 then 1". */
export function numberOf(placeText: string): string {
  return placeText
    .split('.')
    .map((part) => (/^\d+$/.test(part) ? String(Number(part) + 1) : part))
    .join(' ');
}
