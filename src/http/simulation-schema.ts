import { z } from 'zod';
import { exits, stepsSchema, triggerSchema } from '../../domain/automation';
import { contactStatuses } from '../../domain/contact';
import { parseDurationMs } from '../../domain/duration';
import { eventKey } from '../../domain/event-name';
import { timelineKinds } from '../../domain/simulated-timeline';
import { bounded } from './automation-steps';
import { exitOnField } from './automation-schema';
import { bodyOf } from './body-schema';
import { jsonObjectField } from './contact-schema';

const maxAssumedMs = 365 * 86_400_000;

/** A text such as `2h`, as milliseconds. */
const durationField = z
  .string({ error: 'must be a duration such as 30s, 10m, 2h or 3d' })
  .transform((text, context) => {
    const durationMs = parseDurationMs(text);
    if (durationMs !== undefined && durationMs <= maxAssumedMs) return durationMs;
    context.addIssue({ code: 'custom', message: 'must be a duration such as 30s, 10m, 2h or 3d, at most 365d' });
    return z.NEVER;
  });
const afterSending = durationField.nullable().default(0);

const assumeField = bodyOf({
  webhookFailures: z
    .int({ error: 'must be a whole number' })
    .min(0, { error: 'must be 0 or more' })
    .max(100, { error: 'must be 100 at most' })
    .default(0)
    .describe('So many calls of each webhook step fail before one is answered with 200'),
  emailOpenedAfter: afterSending.describe('How long after its sending each email is opened; null: never'),
  emailClickedAfter: afterSending.describe('The same of clicks; a click says that the email was opened'),
  contactUnsubscribesAfter: durationField.optional().describe('How long after the start the contact unsubscribes'),
}).prefault({});

const eventFields = {
  eventName: z
    .string({ error: 'must be the name of an event, such as Purchase Completed' })
    .max(200, { error: 'must have at most 200 characters' })
    .refine((name) => eventKey(name) !== '', { error: 'must hold more than separators' }),
  properties: jsonObjectField.optional(),
  contactId: z.string({ error: 'must be the id of a contact' }).optional(),
  email: z.string({ error: 'must be an email address' }).optional(),
  userId: z.string({ error: 'must be the id that a CDP knows the contact by' }).optional(),
  contact: bodyOf({
    email: z.string().max(320).optional(),
    firstName: z.string().max(1_000).nullish(),
    lastName: z.string().max(1_000).nullish(),
    status: z.enum(contactStatuses).optional(),
    metadata: jsonObjectField.optional(),
    listIds: z.array(z.string()).max(1_000).optional(),
  })
    .optional()
    .describe('Somebody who is no contact yet; contactId, email and userId go before it'),
  startAt: z.iso
    .datetime({ offset: true, error: 'must be a time such as 2026-04-15T10:00:00Z' })
    .optional()
    .describe('When the event would come; absent: now'),
  assume: assumeField.describe(
    'What the world would do; by itself all works, and emails are opened and clicked at once',
  ),
};

export const simulateBody = bodyOf(eventFields);
export const simulateDraftBody = bounded(
  bodyOf({
    ...eventFields,
    automation: bodyOf({
      name: z.string().max(200).default(''),
      trigger: triggerSchema,
      steps: stepsSchema,
      exitOn: exitOnField.default([...exits]),
    }),
  }),
);
export type SimulatedEvent = z.output<typeof simulateBody>;

export const position = z
  .array(z.union([z.int(), z.enum(['then', 'else'])]))
  .describe('Place of the step: [2,"then",0]');

export const simulationSchema = z.object({
  matches: z.boolean().describe('Whether the event would start a run now'),
  reason: z.string().nullable().describe('Why not'),
  eventKey: z.string(),
  contactId: z
    .string()
    .nullable()
    .describe('Null where no contact was named: it is tried with somebody of whom only what was sent is known'),
  steps: z
    .array(z.object({ position, step: z.string(), result: z.string() }))
    .describe('What a run would do; also for a draft or paused automation, so that it can be tried'),
  timeline: z
    .array(
      z.object({
        at: z.iso.datetime(),
        kind: z.enum(timelineKinds),
        position: position.nullable().describe('Null where a run ends because no step is left'),
        text: z.string(),
        subject: z.string().optional().describe('Of an email that would go out, as its recipient would read it'),
        templateId: z.string().optional(),
      }),
    )
    .describe('The same with dates, attempt by attempt'),
});
