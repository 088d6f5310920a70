import type { Automation, Condition, Exit, Position, Step } from './queries';

/** A step under edit. Its key stays while it is typed in and moved; `place` is where it stands in the saved version. */
export interface Node {
  key: string;
  step: Step;
  /** Of a step that branches; those in `step` itself are not looked at. */
  branches?: Record<Branch, Node[]>;
  place?: string;
}
export type Branch = 'then' | 'else';
export const branchNames: readonly Branch[] = ['then', 'else'];

export interface Draft {
  name: string;
  eventName: string;
  filter: Condition | undefined;
  exitOn: Exit[];
  nodes: Node[];
}

/** A list of steps: the top one, or a branch of a step. */
export interface Place {
  parent?: { key: string; branch: Branch };
  index: number;
}

export const stepTypes = [
  'wait',
  'sendEmail',
  'waitForEmail',
  'condition',
  'addToList',
  'removeFromList',
  'updateContact',
  'webhook',
  'end',
] as const satisfies readonly Step['type'][];

let keys = 0;
function newKey(): string {
  return `step-${++keys}`;
}

export function draftOf(automation: Pick<Automation, 'name' | 'trigger' | 'steps' | 'exitOn'>): Draft {
  const { name, trigger, steps, exitOn } = automation;
  return { name, eventName: trigger.eventName, filter: trigger.filter, exitOn, nodes: nodesOf(steps) };
}

export function emptyDraft(): Draft {
  return { name: '', eventName: '', filter: undefined, exitOn: ['unsubscribed', 'bounced'], nodes: [] };
}

/** A first automation to start from: greet those who have signed up. */
export function welcomeDraft(templateId: string): Draft {
  const steps: Step[] = [
    { type: 'sendEmail', templateId },
    {
      ...{ type: 'waitForEmail', event: 'opened', limit: '2d' },
      then: [{ type: 'updateContact', traits: { welcomed: true } }],
      else: [{ type: 'sendEmail', templateId }],
    },
  ];
  return { ...emptyDraft(), name: 'Welcome', eventName: 'Signed Up', nodes: nodesOf(steps).map(asNew) };
}

/** A step that is nowhere saved yet. */
function asNew({ place: _place, branches, ...node }: Node): Node {
  if (!branches) return node;
  return { ...node, branches: { then: branches.then.map(asNew), else: branches.else.map(asNew) } };
}

export function nodesOf(steps: readonly Step[], prefix = ''): Node[] {
  return steps.map((step, index) => {
    const place = `${prefix}${index}`;
    const node = { key: newKey(), step, place };
    if (!('then' in step)) return node;
    const inBranch = (branch: Branch): Node[] => nodesOf(step[branch] ?? [], `${place}.${branch}.`);
    return { ...node, branches: { then: inBranch('then'), else: inBranch('else') } };
  });
}

/** The same steps, each at the place where it stands now. */
export function withPlaces(nodes: readonly Node[], prefix = ''): Node[] {
  return nodes.map((node, index) => {
    const place = `${prefix}${index}`;
    if (!node.branches) return { ...node, place };
    const inBranch = (branch: Branch): Node[] => withPlaces(node.branches?.[branch] ?? [], `${place}.${branch}.`);
    return { ...node, place, branches: { then: inBranch('then'), else: inBranch('else') } };
  });
}

export function stepsOf(nodes: readonly Node[]): Step[] {
  return nodes.map(({ step, branches }) => {
    if (!branches || !('then' in step)) return step;
    const { else: _else, ...rest } = step;
    const inElse = stepsOf(branches.else);
    return { ...rest, then: stepsOf(branches.then), ...(inElse.length > 0 ? { else: inElse } : {}) };
  });
}

/** What is sent to the server, whole. */
export function bodyOf({ name, eventName, filter, exitOn, nodes }: Draft) {
  return {
    ...{ name, exitOn, steps: stepsOf(nodes) },
    trigger: { type: 'CUSTOM_EVENT' as const, eventName, ...(filter ? { filter } : {}) },
  };
}

export function newNode(type: Step['type'], known: { listId: string; templateId: string }): Node {
  const step = newStep(type, known);
  return { key: newKey(), step, ...('then' in step ? { branches: { then: [], else: [] } } : {}) };
}

function newStep(type: Step['type'], { listId, templateId }: { listId: string; templateId: string }): Step {
  switch (type) {
    case 'wait':
      return { type, duration: '1d' };
    case 'sendEmail':
      return { type, templateId };
    case 'waitForEmail':
      return { type, event: 'opened', limit: '2d', then: [] };
    case 'condition':
      return { type, if: { field: 'contact.metadata.plan', op: 'equals', value: '' }, then: [] };
    case 'addToList':
    case 'removeFromList':
      return { type, listId };
    case 'updateContact':
      return { type, traits: {} };
    case 'webhook':
      return { type, url: '' };
    case 'end':
      return { type };
  }
}

/** The step at a position, where there is one. */
export function stepAt(steps: readonly Step[], position: Position): Step | undefined {
  let list: readonly Step[] | undefined = steps;
  let step: Step | undefined;
  for (const part of position) {
    if (typeof part === 'number') step = list?.[part];
    else list = step && 'then' in step ? step[part] : undefined;
  }
  return step;
}

type Change = (nodes: readonly Node[]) => Node[];

/** Applies a change to one list of the tree: the top one where no parent is named. */
function inList(nodes: readonly Node[], parent: Place['parent'], change: Change): Node[] {
  if (!parent) return change(nodes);
  return nodes.map((node) => {
    if (!node.branches) return node;
    const { then, else: other } = node.branches;
    if (node.key === parent.key) {
      return { ...node, branches: { ...node.branches, [parent.branch]: change(node.branches[parent.branch]) } };
    }
    return { ...node, branches: { then: inList(then, parent, change), else: inList(other, parent, change) } };
  });
}

export function insertNode(nodes: readonly Node[], { parent, index }: Place, node: Node): Node[] {
  return inList(nodes, parent, (list) => [...list.slice(0, index), node, ...list.slice(index)]);
}

export function replaceStep(nodes: readonly Node[], key: string, step: Step): Node[] {
  return nodes.map((node) => {
    if (node.key === key) return { ...node, step };
    if (!node.branches) return node;
    const { then, else: other } = node.branches;
    return { ...node, branches: { then: replaceStep(then, key, step), else: replaceStep(other, key, step) } };
  });
}

export function removeNode(nodes: readonly Node[], { parent, index }: Place): Node[] {
  return inList(nodes, parent, (list) => list.filter((_node, at) => at !== index));
}

/** One place up or down in its own list. */
export function moveNode(nodes: readonly Node[], { parent, index }: Place, by: 1 | -1): Node[] {
  return inList(nodes, parent, (list) => {
    const [node, other] = [list[index], list[index + by]];
    if (!node || !other) return [...list];
    return list.map((each, at) => (at === index ? other : at === index + by ? node : each));
  });
}
