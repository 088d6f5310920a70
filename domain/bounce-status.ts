import type { BounceType } from './email';

/** What one status means for the address. `isVague`: servers use it for many things, so the text has the first word. */
export interface StatusMeaning {
  bounceType: BounceType;
  reason: string;
  isVague?: true;
}

const hard = (reason: string): StatusMeaning => ({ bounceType: 'hard', reason });
const soft = (reason: string): StatusMeaning => ({ bounceType: 'soft', reason });
const vague = (meaning: StatusMeaning): StatusMeaning => ({ ...meaning, isVague: true });

/**
 * Subject and detail of a permanent failure, as RFC 3463 and the registry after it name them. Hard is only what says
 * that this address takes no mail from anyone: a refusal of the sender, of the message or of the moment must not
 * suppress the recipient.
 */
const permanentFailures: Record<string, StatusMeaning> = {
  // 0: other or undefined
  '0.0': vague(soft('no reason was given')),
  // 1: the address
  '1.0': vague(hard('the address is not accepted')),
  '1.1': hard('the mailbox does not exist'),
  '1.2': hard('the domain of the address does not exist'),
  '1.3': hard('the address is not written correctly'),
  '1.4': soft('the address is ambiguous'),
  '1.5': soft('the address is valid'),
  '1.6': hard('the mailbox has moved and left no address'),
  '1.7': soft("the sender's address is not written correctly"),
  '1.8': soft("the sender's domain is not accepted"),
  '1.9': soft('the message was passed to a system that does not report'),
  '1.10': hard('the domain of the address takes no mail'),
  // 2: the mailbox
  '2.0': vague(soft('something is wrong with the mailbox')),
  '2.1': hard('the mailbox is disabled'),
  '2.2': soft('the mailbox is full'),
  '2.3': soft('the message is too large for the mailbox'),
  '2.4': soft('the mailing list could not be expanded'),
  // 3: the recipient's mail system
  '3.0': vague(soft("something is wrong with the recipient's system")),
  '3.1': soft("the recipient's system is full"),
  '3.2': soft("the recipient's system takes no mail at the moment"),
  '3.3': soft("the recipient's system lacks a feature that is needed"),
  '3.4': soft("the message is too large for the recipient's system"),
  '3.5': soft("the recipient's system is not set up correctly"),
  '3.6': soft('the priority of the message was changed'),
  // 4: network and routing
  '4.0': vague(soft('something is wrong with the network')),
  '4.1': vague(soft("the recipient's system does not answer")),
  '4.2': soft("the connection to the recipient's system broke"),
  '4.3': soft('a directory server failed'),
  '4.4': hard('no mail server is known for the domain of the address'),
  '4.5': soft('the network is congested'),
  '4.6': soft('the message went round in a loop'),
  '4.7': soft('the message was not delivered in time'),
  // Exchange Online: the domain does not exist.
  '4.310': hard('the domain of the address does not exist'),
  // 5: the protocol
  '5.0': vague(soft('the servers did not understand each other')),
  '5.1': soft('a command was not valid'),
  '5.2': soft('a command was not written correctly'),
  '5.3': soft('there were too many recipients'),
  '5.4': soft('the arguments of a command were not valid'),
  '5.5': soft('the versions of the protocol differ'),
  '5.6': soft('an authentication line was too long'),
  // 6: the content
  '6.0': soft('the content is not accepted'),
  '6.1': soft('the type of the content is not supported'),
  '6.2': soft('the content had to be converted, which is not allowed'),
  '6.3': soft('the content had to be converted, which is not supported'),
  '6.4': soft('the content was converted and lost something'),
  '6.5': soft('the content could not be converted'),
  '6.6': soft('the content cannot be fetched'),
  '6.7': soft('addresses in other alphabets are not supported'),
  '6.8': soft('a reply in another alphabet is not supported'),
  '6.9': soft('headers in other alphabets are not supported'),
  '6.10': soft('the certificate of the content is not valid'),
  // 7: security and policy
  '7.0': soft('it is refused for a reason of security'),
  '7.1': soft('it is refused by a policy'),
  '7.2': soft('the sender may not send to this mailing list'),
  '7.3': soft('a conversion that security needs is not possible'),
  '7.4': soft('a feature that security needs is not supported'),
  '7.5': soft('something cryptographic failed'),
  '7.6': soft('an algorithm is not supported'),
  '7.7': soft('the message was altered on its way'),
};
/** Details that no table knows are judged by their subject. */
const subjects: Record<string, StatusMeaning> = {
  '0': vague(soft('no reason was given')),
  '1': vague(soft('something is wrong with the address')),
  '2': vague(soft('something is wrong with the mailbox')),
  '3': vague(soft("something is wrong with the recipient's system")),
  '4': vague(soft('something is wrong with the network')),
  '5': vague(soft('the servers did not understand each other')),
  '6': soft('the content is not accepted'),
  '7': soft('it is refused by a policy'),
};

/** What a status of class 5 means, from `subject` and `detail` without leading zeros. */
export function permanentFailure(subject: string, detail: string): StatusMeaning {
  return permanentFailures[`${subject}.${detail}`] ?? subjects[subject] ?? vague(soft('no reason was given'));
}

/** Reply codes without an enhanced status, RFC 5321 and 7504: what the server says of the address itself. */
export const replyCodes: Record<number, StatusMeaning> = {
  550: hard('the mailbox does not exist'),
  551: hard('the mailbox does not exist'),
  552: soft('the mailbox is full'),
  553: hard('the address is not accepted'),
  556: hard('the domain of the address takes no mail'),
};
