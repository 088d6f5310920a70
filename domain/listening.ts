import { z } from 'zod';

/** What `esx listen` and a gateway tell each other. The first four are the events of the stream, by these names. */
export const listenMessages = {
  /** First of all, and again after each reconnect. The secret stays the same for a workspace. */
  hello: z.object({ listenerId: z.string(), workspaceId: z.string(), secret: z.string() }),
  /** To be posted as it stands. Without `requestId` nobody waits for the answer. */
  request: z.object({
    requestId: z.string().nullable(),
    event: z.string(),
    eventId: z.string(),
    deliveryId: z.string().nullable(),
    headers: z.record(z.string(), z.string()),
    body: z.string(),
  }),
  /** Events that are not forwarded; null where nobody knows how many. */
  skipped: z.object({ count: z.int().nullable(), reason: z.string() }),
  /** Nothing has happened; only the place to go on from has moved. */
  position: z.object({}),
} as const;
export type ListenMessageName = keyof typeof listenMessages;
export type ListenMessage<Name extends ListenMessageName> = z.infer<(typeof listenMessages)[Name]>;

/** As much of an answer as the log of deliveries keeps. */
export const maxAnswerBytes = 16 * 1024;
const maxAnswerHeaders = 100;

export const answerHeaders = z
  .array(z.object({ name: z.string().max(200), value: z.string().max(2_048) }))
  .max(maxAnswerHeaders, { error: `must be at most ${maxAnswerHeaders} headers; leave some out` });

/** What the laptop answered, or why nothing did. */
export const listenAnswerSchema = z.object({
  statusCode: z.int().min(100).max(599).nullable(),
  headers: answerHeaders,
  body: z.string().max(maxAnswerBytes, { error: `must be at most ${maxAnswerBytes / 1024} KB; cut it off there` }),
  durationMs: z.number().nonnegative(),
  error: z.string().max(1_000).nullable(),
});
export type ListenAnswer = z.infer<typeof listenAnswerSchema>;
