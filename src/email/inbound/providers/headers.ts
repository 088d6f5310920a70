import { assertNever } from '../../../../domain/assert-never';
import type { ProviderName } from '../../../mongo/providers';

/**
 * Headers by which a provider repeats our id in its reports. Without them a report finds its email by the recipient, which
 * is wrong for whoever has had two emails lately.
 */
export function providerHeaders(provider: ProviderName, emailId: string): Record<string, string> {
  switch (provider) {
    case 'ses':
      return { 'X-SES-MESSAGE-TAGS': `esx_email=${emailId}` };
    case 'sendgrid':
      return { 'X-SMTPAPI': JSON.stringify({ unique_args: { esx_email: emailId } }) };
    case 'postmark':
      return { 'X-PM-Metadata-esx-email': emailId };
    case 'mailgun':
      return { 'X-Mailgun-Variables': JSON.stringify({ esx_email: emailId }) };
    // It repeats the headers of the message.
    case 'resend':
      return {};
    default:
      return assertNever(provider);
  }
}
