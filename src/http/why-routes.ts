import { z } from 'zod';
import { explain, stagesOf, whyKinds, whyStages } from '../../domain/why';
import { Problem } from './problem';
import { route, type Route } from './route';
import { factsFor, type WhyDeps } from './why-facts';

const text = z.string().trim().min(1, { error: 'must not be empty; leave it out instead' }).max(300).optional();
const whySchema = z.object({
  now: z.iso.datetime(),
  sentences: z.array(
    z.object({
      stage: z.enum(whyStages),
      kind: z
        .enum(whyKinds)
        .describe('ok: as it should be; hint: meant to be so, or no fault; problem: what is in the way'),
      text: z.string(),
      link: z.string().optional().describe('A page of the dashboard'),
    }),
  ),
  steps: z
    .array(z.object({ stage: z.enum(whyStages), kind: z.enum([...whyKinds, 'none']) }))
    .describe('The way of a message, with the gravest thing that is said of each part of it'),
  eventId: z.string().nullable().describe('The message that it is about, as GET /events/:messageId takes it'),
  contactId: z.string().nullable(),
});

/** Why something happened, or did not, in words. */
export function whyRoutes(deps: WhyDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/why',
      tag: 'Events',
      summary: 'Why something happened, or did not: in words, for any event, contact or silence',
      status: 200,
      query: z.object({
        contact: text.describe('Id, email address or user id of a contact'),
        automation: text.describe('Id of an automation'),
        event: text.describe('The name of a track'),
        messageId: text.describe('One message; without it, it is about the newest one that fits'),
      }),
      response: whySchema,
      async handle({ caller, query }) {
        if (Object.values(query).every((value) => value === undefined)) {
          throw new Problem(
            400,
            'nothing_asked',
            'Name a contact, an automation, an event, a messageId, or several of them.',
          );
        }
        const facts = await factsFor(caller.workspace, query, deps);
        const sentences = explain(facts);
        return {
          now: new Date(facts.nowMs).toISOString(),
          sentences,
          steps: stagesOf(sentences),
          eventId: facts.message?.id ?? null,
          contactId: facts.contact?.known?.id ?? facts.message?.contactId ?? null,
        };
      },
    }),
  ];
}
