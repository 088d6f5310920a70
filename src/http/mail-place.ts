import { hostname } from 'node:os';
import type { Config } from '../config';
import type { MailPlace } from '../email/dns-records';

/** What of the settings the DNS of sending domains has to know. */
export function mailPlaceOf({
  email,
  inboundMail,
  publicUrl,
}: Pick<Config, 'email' | 'inboundMail' | 'publicUrl'>): MailPlace {
  return {
    smtpHost: email.smtpUrl === undefined ? undefined : new URL(email.smtpUrl).hostname,
    returnPath: inboundMail && {
      domain: inboundMail.domain,
      // The name by which the world reaches this machine, as far as it was told.
      host: publicUrl === undefined ? hostname() : new URL(publicUrl).hostname,
    },
  };
}
