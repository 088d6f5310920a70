import { z } from 'zod';
import { parseDurationMs } from './duration';
import { conditionSchema } from './condition';
import type { Contact } from './contact';
import { eventKey } from './event-name';
import type { Json } from './json';
import { customHeadersSchema } from './webhook-headers';

const maxSteps = 100;
const maxBranchDepth = 6;
const maxWaitMs = 365 * 86_400_000;

const durationText = z.string().refine(
  (text) => {
    const durationMs = parseDurationMs(text);
    return durationMs !== undefined && durationMs > 0 && durationMs <= maxWaitMs;
  },
  { error: 'must be a duration such as 30s, 10m, 2h or 3d, at most 365d' },
);
const listId = z.string().min(1, { error: 'must be the id of a list' });
const templateId = z.string().min(1, { error: 'must be the id of a template' });
/** `News <news@acme.com>`; what may be sent from is checked where the automation is saved. */
const from = z.string().min(1).max(320);

/** What an automation can wait for of an email that it has sent. */
export const awaitedEmailNews = ['opened', 'clicked'] as const;
export type AwaitedEmailNews = (typeof awaitedEmailNews)[number];

/** One step of an automation. Branches nest; `webhook` posts to a URL with the safety of deliveries. */
export const stepSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('wait'), duration: durationText }),
  z.strictObject({ type: z.literal('updateContact'), traits: z.record(z.string().min(1).max(200), z.json()) }),
  z.strictObject({ type: z.literal('addToList'), listId }),
  z.strictObject({ type: z.literal('removeFromList'), listId }),
  z.strictObject({
    type: z.literal('condition'),
    if: conditionSchema,
    get then() {
      return z.array(stepSchema);
    },
    get else() {
      return z.array(stepSchema).optional();
    },
  }),
  z.strictObject({ type: z.literal('webhook'), url: z.string().max(2000), headers: customHeadersSchema.optional() }),
  z.strictObject({ type: z.literal('sendEmail'), templateId, from: from.optional() }),
  z.strictObject({
    type: z.literal('waitForEmail'),
    event: z.enum(awaitedEmailNews),
    limit: durationText,
    get then() {
      return z.array(stepSchema);
    },
    get else() {
      return z.array(stepSchema).optional();
    },
  }),
  z.strictObject({ type: z.literal('end') }),
]);
export type Step = z.infer<typeof stepSchema>;

/** A step list as it is saved: bounded, and every step reachable. */
export const stepsSchema = z.array(stepSchema).superRefine((steps, context) => {
  if (countSteps(steps) > maxSteps)
    context.addIssue({ code: 'custom', message: `has more than ${maxSteps} steps; split the automation` });
  for (const problem of findProblems(steps, [], 1)) context.addIssue({ code: 'custom', ...problem });
});

export const triggerSchema = z.strictObject({
  type: z.literal('CUSTOM_EVENT'),
  eventName: z
    .string()
    .max(200)
    .refine((name) => eventKey(name) !== '', { error: 'must hold more than separators' }),
  filter: conditionSchema.optional(),
});
export type Trigger = z.infer<typeof triggerSchema>;

export const automationStatuses = ['draft', 'active', 'paused'] as const;
export type AutomationStatus = (typeof automationStatuses)[number];

/** How a contact can leave that ends its runs. A complaint counts as unsubscribed. */
export const exits = ['unsubscribed', 'bounced'] as const;
export type Exit = (typeof exits)[number];

/**
 * `version` counts changes of trigger, steps or exits; a run keeps the steps and exits of the version that it was started
 * with.
 */
export interface Automation {
  id: string;
  workspaceId: string;
  name: string;
  status: AutomationStatus;
  trigger: Trigger;
  eventKey: string;
  steps: Step[];
  /** Absent: all of them. */
  exitOn?: Exit[];
  version: number;
  createdAtMs: number;
  updatedAtMs: number;
}

/** What decides whether an event starts a run: every commit of a track reads it, and the steps may be long. */
export type Listener = Omit<Automation, 'steps'>;

/** Where a run stands: indexes into step lists, with the branch taken between two of them. `[2,'then',0]`. */
export type StepPosition = (number | 'then' | 'else')[];

type BranchingStep = Extract<Step, { then: Step[] }>;
function hasBranches(step: Step): step is BranchingStep {
  return step.type === 'condition' || step.type === 'waitForEmail';
}

/** The step at a position, or undefined past the end of its list. */
export function stepAt(steps: readonly Step[], position: StepPosition): Step | undefined {
  let list: readonly Step[] | undefined = steps;
  let step: Step | undefined;
  for (const part of position) {
    if (typeof part === 'number') step = list?.[part];
    else list = step && hasBranches(step) ? step[part] : undefined;
  }
  return step;
}

/** The position after this one: the next step of its list, or of the nearest enclosing list that has one. */
export function positionAfter(steps: readonly Step[], position: StepPosition): StepPosition | undefined {
  for (let at = position; at.length > 0; at = at.slice(0, -2)) {
    const last = at.at(-1);
    const next = [...at.slice(0, -1), typeof last === 'number' ? last + 1 : 0];
    if (stepAt(steps, next)) return next;
  }
  return undefined;
}

/** The first step of the branch that was taken, or what follows the step when that branch is empty. */
export function positionInBranch(
  steps: readonly Step[],
  position: StepPosition,
  branch: 'then' | 'else',
): StepPosition | undefined {
  const first = [...position, branch, 0];
  return stepAt(steps, first) ? first : positionAfter(steps, position);
}

/** One line about a step, for logs of runs and for the summaries in the Temporal Web UI. */
export function describeStep(step: Step): string {
  switch (step.type) {
    case 'wait':
      return `wait ${step.duration}`;
    case 'addToList':
    case 'removeFromList':
      return `${step.type} ${step.listId}`;
    case 'updateContact':
      return `updateContact ${Object.keys(step.traits).join(', ')}`;
    case 'sendEmail':
      return `sendEmail ${step.templateId}`;
    case 'waitForEmail':
      return `wait ${step.limit} until ${step.event}`;
    case 'condition':
    case 'webhook':
    case 'end':
      return step.type;
  }
}

/** All steps of a list, those in branches included. */
export function allSteps(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) =>
    hasBranches(step) ? [step, ...allSteps(step.then), ...allSteps(step.else ?? [])] : [step],
  );
}

function countSteps(steps: readonly Step[]): number {
  return allSteps(steps).length;
}

function findProblems(
  steps: readonly Step[],
  path: (string | number)[],
  depth: number,
): { path: (string | number)[]; message: string; input: Json }[] {
  return steps.flatMap((step, index) => {
    const here = [...path, index];
    if (step.type === 'end' && index < steps.length - 1) {
      return [{ path: [...path, index + 1], message: 'is never reached: it stands after an "end"', input: null }];
    }
    if (!hasBranches(step)) return [];
    if (depth >= maxBranchDepth)
      return [{ path: here, message: `branches nest deeper than ${maxBranchDepth}`, input: null }];
    return [
      ...findProblems(step.then, [...here, 'then'], depth + 1),
      ...findProblems(step.else ?? [], [...here, 'else'], depth + 1),
    ];
  });
}

/** Why a run of this contact is over, since the contact has left by one of the ways that end it. */
export function reasonToExit(
  exitOn: readonly Exit[] = exits,
  contact: Pick<Contact, 'status' | 'changedAtMs'>,
  startedAtMs: number,
): string | undefined {
  // One who had left before was let in all the same: the steps that do not send are for everybody.
  if ((contact.changedAtMs['status'] ?? -Infinity) < startedAtMs) return undefined;
  switch (contact.status) {
    case 'active':
      return undefined;
    case 'unsubscribed':
      return exitOn.includes('unsubscribed') ? 'the contact has unsubscribed' : undefined;
    case 'complained':
      return exitOn.includes('unsubscribed') ? 'the contact has complained' : undefined;
    case 'bounced':
      return exitOn.includes('bounced') ? 'an email to the contact has bounced' : undefined;
  }
}
