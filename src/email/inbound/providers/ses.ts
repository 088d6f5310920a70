import { z } from 'zod';
import { emailIdHeader } from '../../message';
import type { InboundReport } from '../report';
import { bounced, readJson, report, type ReadNotification, type VerifyContext } from './notification';
import { confirmationUrl, snsEnvelope, verifySns } from './sns';

const recipient = z.object({
  emailAddress: z.string(),
  status: z.string().optional(),
  diagnosticCode: z.string().optional(),
});
const event = z.object({
  /** With a configuration set, and without one. */
  eventType: z.string().optional(),
  notificationType: z.string().optional(),
  mail: z.object({
    messageId: z.string(),
    destination: z.array(z.string()).optional(),
    headers: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
    tags: z.record(z.string(), z.array(z.string())).optional(),
  }),
  bounce: z
    .object({
      bounceType: z.string(),
      bounceSubType: z.string().optional(),
      bouncedRecipients: z.array(recipient),
      timestamp: z.string().optional(),
      feedbackId: z.string().optional(),
    })
    .optional(),
  complaint: z
    .object({
      complainedRecipients: z.array(recipient),
      complaintFeedbackType: z.string().nullish(),
      timestamp: z.string().optional(),
      feedbackId: z.string().optional(),
    })
    .optional(),
  delivery: z.object({ recipients: z.array(z.string()), timestamp: z.string().optional() }).optional(),
});

/** Amazon SES through SNS. */
export const readSes: ReadNotification = async ({ body }, provider, context) => {
  const envelope = readJson(body.toString('utf8'), snsEnvelope);
  await verifySns(envelope, provider.topicArn, context);
  switch (envelope.Type) {
    case 'SubscriptionConfirmation':
      await context.fetchText(confirmationUrl(envelope));
      return { reports: [], subscription: 'confirmed' };
    case 'UnsubscribeConfirmation':
      return { reports: [], subscription: 'ended' };
    case 'Notification': {
      // Amazon also sends a line of text to say that the topic works.
      const parsed = event.safeParse(tryJson(envelope.Message));
      return { reports: parsed.success ? readEvent(parsed.data, context) : [] };
    }
  }
};

function readEvent(found: z.infer<typeof event>, context: VerifyContext): InboundReport[] {
  const { mail, bounce, complaint, delivery } = found;
  const emailId = emailIdOf(mail, context);
  switch (found.eventType ?? found.notificationType) {
    case 'Bounce':
      return (bounce?.bouncedRecipients ?? []).map(({ emailAddress, status, diagnosticCode }) => {
        const says = bounce?.bounceType === 'Permanent' ? 'hard' : 'soft';
        const text = diagnosticCode?.replace(/^\s*smtp\s*;\s*/i, '');
        const otherwise = [bounce?.bounceType, bounce?.bounceSubType].filter(Boolean).join(' ');
        return report(bounce?.feedbackId ?? `${mail.messageId}-bounce`, bounced(says, { status, text }, otherwise), {
          ...{ emailId, recipient: emailAddress, at: bounce?.timestamp },
        });
      });
    case 'Complaint':
      if (complaint?.complaintFeedbackType === 'not-spam') return [];
      return (complaint?.complainedRecipients ?? []).map(({ emailAddress }) =>
        report(
          complaint?.feedbackId ?? `${mail.messageId}-complaint`,
          { kind: 'complained' },
          {
            ...{ emailId, recipient: emailAddress, at: complaint?.timestamp },
          },
        ),
      );
    case 'Delivery':
      return (delivery?.recipients ?? []).map((address) =>
        report(
          `${mail.messageId}-delivery`,
          { kind: 'delivered' },
          { emailId, recipient: address, at: delivery?.timestamp },
        ),
      );
    default:
      return [];
  }
}

function emailIdOf(mail: z.infer<typeof event>['mail'], { emailIdIn }: VerifyContext): string | undefined {
  const header = (wanted: string): string | undefined =>
    mail.headers?.find(({ name }) => name.toLowerCase() === wanted.toLowerCase())?.value;
  return (
    emailIdIn(mail.tags?.['esx_email']?.[0]) ?? emailIdIn(header(emailIdHeader)) ?? emailIdIn(header('Message-ID'))
  );
}

function tryJson(text: string): unknown {
  try {
    return readJson(text, z.unknown());
  } catch {
    return undefined;
  }
}
