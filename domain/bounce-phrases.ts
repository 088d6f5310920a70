import type { BounceType } from './email';

interface Phrase {
  pattern: RegExp;
  bounceType: BounceType;
  reason: string;
}
const soft = (reason: string, pattern: RegExp): Phrase => ({ pattern, bounceType: 'soft', reason });
const hard = (reason: string, pattern: RegExp): Phrase => ({ pattern, bounceType: 'hard', reason });

/** Every pattern is a list of words with bounded gaps: it takes linear time on whatever a server says. */
const whoSends = 'it is refused for the reputation of the sender';
/** These stand above the status: some servers say 5.1.1 or 5.2.1 when they mean the sender. */
const overStatus: Phrase[] = [
  soft(
    whoSends,
    /\b(?:spamhaus|spamcop|barracuda|sorbs|surbl|uribl|dnsbl|rbl|black ?list(?:ed|ing)?|block ?list(?:ed|ing)?|deny ?list(?:ed)?)\b/,
  ),
  soft(whoSends, /\breputation\b|\bsenderscore\b|\bsender score\b/),
  soft(
    'the message looks like spam to the recipient’s server',
    /\b(?:spam|unsolicited|junk mail|bulk mail|phishing|virus|malware)\b/,
  ),
  soft('the sender is not authenticated', /\b(?:spf|dkim|dmarc|sender policy framework|unauthenticated)\b/),
  soft(
    'the sender’s server is not accepted',
    /\b(?:reverse dns|ptr record|no ptr|rdns|helo|ehlo|greylist(?:ed|ing)?)\b/,
  ),
  soft(
    'the sender is not accepted',
    /\bsender(?:'s)? (?:address |domain |host |ip )?(?:is )?(?:rejected|denied|refused|blocked|unknown|not (?:allowed|permitted|authori[sz]ed)|verify failed)/,
  ),
  soft(
    'the sender is not accepted',
    /\b(?:your|the) (?:ip|server|host|network|mail ?server)\b[^.]{0,60}\b(?:blocked|banned|rejected|listed)\b/,
  ),
  soft(
    'too much is sent at a time',
    /\brate[ -]?limit|\btoo (?:many|quickly|fast|much mail)\b|\bat a rate\b|\bthrottl/,
  ),
];

/** These are asked where the status is vague or absent, in this order. */
const whereVague: Phrase[] = [
  soft('it is temporary, the server says', /\btemporar|\btry (?:again|later)|\bagain later\b/),
  soft(
    'the mailbox is full',
    /\b(?:mailbox|mail box|inbox|mail ?folder|quota|storage|disk)\b.{0,40}\b(?:full|exceed\w*|over|limit)\b|\bover ?quota\b|\bexceed\w* .{0,30}\bquota\b|\binsufficient (?:system )?storage\b|\bout of (?:storage|space|disk)\b/,
  ),
  soft(
    'the message is too large',
    /\bmessage (?:size|is too (?:large|big))|\btoo (?:large|big)\b|\bexceeds? .{0,30}\b(?:size|length)\b/,
  ),
  soft(
    'the server does not take mail for this domain from us',
    /\brelay(?:ing)? (?:access )?(?:denied|not (?:permitted|allowed)|prohibited)|\bunable to relay\b|\brcpthosts\b/,
  ),
  hard(
    'the mailbox is disabled',
    /\b(?:account|mailbox|user|recipient|address)\b.{0,40}\b(?:disabled|deactivated|suspended|inactive|closed|terminated|discontinued)\b|\b(?:disabled|inactive|deactivated) (?:mailbox|account|user|recipient)\b/,
  ),
  hard(
    'the domain of the address does not exist',
    /\bdomain (?:name )?(?:not found|does(?: not|n.t) exist|is (?:not valid|invalid))|\bhost(?: or domain)?(?: name)? not found\b|\bnxdomain\b|\bno such (?:domain|host)\b|\bunrouteable (?:mail )?domain\b|\ball relevant mx records point to non-existent hosts\b|\bcouldn.t find any host\b|\bunable to route\b/,
  ),
  hard('the domain of the address takes no mail', /\bnull mx\b|\bdoes(?: not|n.t) accept (?:any )?(?:e-?)?mail\b/),
  hard('the mailbox does not exist', /\brecipient address rejected: access denied\b/),
  hard(
    'the mailbox does not exist',
    /\b(?:user|recipient|mailbox|account|address|addressee|customer|member)\b.{0,60}\b(?:unknown|not found|does(?: not|n.t) exist|do not exist|not exist|invalid|no longer\b|nonexistent|non-existent|unavailable|not (?:a )?(?:known|valid|recogni[sz]ed|listed|local))\b/,
  ),
  hard(
    'the mailbox does not exist',
    /\b(?:unknown|invalid|no such|no valid|nonexistent|non-existent|bad|undeliverable|unrouteable) (?:(?:local|destination|mailbox|e-?mail) )?(?:user|recipient|mailbox|address|account|person|name|part)\b/,
  ),
  hard(
    'the mailbox does not exist',
    /\bno mailbox (?:here )?by that name\b|\b(?:doesn.t|does not) have (?:a|an) .{0,40}\baccount\b|\bno account by that name\b|\b(?:mailbox|user|recipient) (?:has )?moved\b|\bwasn.t found at\b|\bcouldn.t be found\b|\bno one by that name\b/,
  ),
  soft(
    'it is refused by a policy',
    /\bpolic(?:y|ies)\b|\bprohibit(?:ed|ion)?\b|\bnot (?:permitted|allowed|authori[sz]ed)\b|\bbanned\b|\bblocked\b|\baccess denied\b|\b(?:message|mail|content|attachment|connection)\b.{0,40}\b(?:rejected|denied|refused)\b/,
  ),
];

/** What the text says whatever the status is. */
export const phraseOverStatus = (text: string): Phrase | undefined =>
  overStatus.find(({ pattern }) => pattern.test(text));
export const phraseWhereVague = (text: string): Phrase | undefined =>
  whereVague.find(({ pattern }) => pattern.test(text));
