import { z } from 'zod';
import { automationStatuses, exits, stepsSchema, triggerSchema, type Automation } from '../../domain/automation';
import { bounded } from './automation-steps';
import { bodyOf, nameField } from './body-schema';

const exitsDescription = 'How a contact can leave that ends its runs; a complaint counts as unsubscribed';
export const automationSchema = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(automationStatuses),
  trigger: triggerSchema,
  eventKey: z.string().describe('The name of the event in the form that it is matched in'),
  steps: stepsSchema,
  exitOn: z.array(z.enum(exits)).describe(exitsDescription),
  version: z.int().describe('Counts changes of trigger, steps and exitOn; a run keeps what it was started with'),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

/** In lists that ask for it. */
export const activitySchema = z.object({
  running: z.int(),
  lastStartedAt: z.iso.datetime().nullable().describe('When its newest run began'),
});

const status = z.enum(automationStatuses, { error: `must be one of ${automationStatuses.join(', ')}` });
export const exitOnField = z
  .array(z.enum(exits, { error: `must be one of ${exits.join(', ')}` }), {
    error: `must be an array of ${exits.join(', ')}; an empty one lets runs go on`,
  })
  .transform((chosen) => exits.filter((exit) => chosen.includes(exit)))
  .describe(exitsDescription);

export const newAutomationBody = bounded(
  bodyOf({
    name: nameField,
    status: status.default('draft'),
    trigger: triggerSchema,
    steps: stepsSchema,
    exitOn: exitOnField.optional(),
  }),
);
export const automationChangeBody = bounded(
  bodyOf({
    name: nameField.optional(),
    status: status.optional(),
    trigger: triggerSchema.optional(),
    steps: stepsSchema.optional(),
    exitOn: exitOnField.optional(),
  }),
);

/** The answer for an automation. */
export function showAutomation(automation: Automation): z.infer<typeof automationSchema> {
  return {
    id: automation.id,
    name: automation.name,
    status: automation.status,
    trigger: automation.trigger,
    eventKey: automation.eventKey,
    steps: automation.steps,
    exitOn: automation.exitOn ?? [...exits],
    version: automation.version,
    createdAt: new Date(automation.createdAtMs).toISOString(),
    updatedAt: new Date(automation.updatedAtMs).toISOString(),
  };
}
