import type { NodemailerError } from 'nodemailer';

/**
 * What came of one conversation. `unreachable`: there was none; nothing is wrong with this mail. `isTurnedAway`: the server
 * has closed the door before it has heard whom the mail is for.
 */
export type SmtpOutcome =
  | { kind: 'sent'; response: string }
  | { kind: 'deferred'; response: string; isTurnedAway?: true }
  | { kind: 'refused'; response: string }
  | { kind: 'unreachable'; reason: string };

/** "Authentication required" and the like, in answer to a sender: the installation's settings are wrong, not the mail. */
const authenticationCodes = [530, 534, 535, 538];
/** "Service not available, closing transmission channel" (RFC 5321). */
const closingCode = 421;

/**
 * Reads nodemailer's error. `hasBegun`: the connection stood, and this mail's conversation was under way. Only an answer
 * about the recipient or the content refuses a mail: one about the sender must not cost the recipient its contact.
 */
export function outcomeOfError(error: NodemailerError, hasBegun: boolean): SmtpOutcome {
  const { responseCode, command, code } = error;
  const text = error.response ?? error.message;
  if (!hasBegun || code === 'EAUTH' || code === 'ENOAUTH' || code === 'ETLS')
    return { kind: 'unreachable', reason: text };
  if (responseCode === undefined) {
    // Nobody knows whether the server has taken it; it is handed over again under the same Message-ID.
    return { kind: 'deferred', response: `the conversation was cut off: ${text}` };
  }
  if (command === 'MAIL FROM') {
    if (authenticationCodes.includes(responseCode)) return { kind: 'unreachable', reason: text };
    return { kind: 'deferred', response: text, ...(responseCode === closingCode ? { isTurnedAway: true } : {}) };
  }
  return { kind: error.permanent === true ? 'refused' : 'deferred', response: text };
}

/** Takes a secret out of what a server or a library says, in each form in which it may have echoed it. */
export function createRedaction(smtpUrl: string): (text: string) => string {
  const url = URL.canParse(smtpUrl) ? new URL(smtpUrl) : undefined;
  if (!url || url.password === '') return (text) => text;
  const password = decoded(url.password);
  const user = decoded(url.username);
  const forms = [
    ...[smtpUrl, url.href, `${url.username}:${url.password}`, url.password, password],
    ...[password, `\0${user}\0${password}`].map((plain) => Buffer.from(plain).toString('base64')),
  ];
  return (text) => forms.reduce((rest, form) => rest.replaceAll(form, '***'), text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
