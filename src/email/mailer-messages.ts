import { z } from 'zod';
import type { OutgoingMail, SendResult } from '../../activities/send-emails';

/** What a mailer process works with. It comes over the channel: arguments and environments can be read by others. */
const settingsSchema = z.object({
  mongodbUri: z.string(),
  encryptionKey: z.string(),
  smtpUrl: z.string(),
  /** Where bounces come back to; absent: to the sender. */
  returnPathDomain: z.string().optional(),
});
export type MailerSettings = z.infer<typeof settingsSchema>;

/** What the worker tells its mailer process. The mails are the worker's own, and are not looked through again. */
export const commandSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('open'), settings: settingsSchema }),
  z.object({ type: z.literal('send'), id: z.number(), mails: z.array(z.custom<OutgoingMail>()) }),
  z.object({ type: z.literal('drain') }),
]);
export type Command = z.infer<typeof commandSchema>;

/** What the mailer process tells its worker. */
export const reportSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('sent'), id: z.number(), results: z.array(z.custom<SendResult>()) }),
  z.object({ type: z.literal('failed'), id: z.number(), message: z.string() }),
  z.object({ type: z.literal('warning'), event: z.string(), message: z.string() }),
]);
export type Report = z.infer<typeof reportSchema>;
