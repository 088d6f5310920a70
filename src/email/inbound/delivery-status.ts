import { classify, replyCodeOf } from '../../../domain/bounce';
import { normalizeEmail } from '../../../domain/email-address';
import { first, readGroups, type Fields } from './fields';
import type { Mail } from './read-mail';
import { bounceMessageOf, type ReportedNews } from './report';

/** What a report says of one recipient. `undefined`: nothing that is over yet. */
export interface RecipientReport {
  recipients: string[];
  news: ReportedNews | undefined;
  atMs?: number;
}

const maxRecipients = 100;

/** The recipients of a delivery status notification (RFC 3464); undefined where the mail is none. */
export function readDeliveryStatus(mail: Mail): RecipientReport[] | undefined {
  const parts = mail.parts.filter(({ mimeType }) => /^message\/(?:global-)?delivery-status$/.test(mimeType));
  if (parts.length === 0) return undefined;
  const groups = parts.flatMap(({ text }) => readGroups(text)).flatMap(apart);
  const found = groups.filter((group) =>
    ['final-recipient', 'original-recipient', 'action'].some((name) => group.has(name)),
  );
  return found.slice(0, maxRecipients).map((group) => readRecipient(group, mail));
}

/** Some leave out the blank lines between recipients: each Final-Recipient begins one. */
function apart(group: Fields): Fields[] {
  const count = group.get('final-recipient')?.length ?? 0;
  if (count < 2) return [group];
  return Array.from({ length: count }, (_each, index) => {
    const own = [...group].flatMap(([name, values]) => {
      const value = values[index] ?? (values.length === 1 ? values[0] : undefined);
      return value === undefined ? [] : [[name, [value]] as const];
    });
    return new Map(own);
  });
}

function readRecipient(group: Fields, mail: Mail): RecipientReport {
  const recipients = ['original-recipient', 'final-recipient', 'x-actual-recipient'].flatMap(
    (name) => addressOf(first(group, name)) ?? [],
  );
  const status = first(group, 'status');
  const diagnostic = first(group, 'diagnostic-code', 'x-supplementary-info')?.replace(/^\s*[\w-]{1,40}\s*;\s*/, '');
  const at = Date.parse(first(group, 'last-attempt-date') ?? first(mail.fields, 'date') ?? '');
  return {
    recipients: [...new Set(recipients)],
    news: newsOf(actionOf(group, status), status, diagnostic, mail),
    ...(Number.isNaN(at) ? {} : { atMs: at }),
  };
}

type Action = 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';

function actionOf(group: Fields, status: string | undefined): Action {
  const action = /^\s*(failed|delayed|delivered|relayed|expanded)\b/i
    .exec(first(group, 'action') ?? '')?.[1]
    ?.toLowerCase();
  switch (action) {
    case 'failed':
    case 'delayed':
    case 'delivered':
    case 'relayed':
    case 'expanded':
      return action;
    default:
      // Without it, or with a word of their own, the class of the status tells.
      return status?.trim().startsWith('2') ? 'delivered' : status?.trim().startsWith('4') ? 'delayed' : 'failed';
  }
}

/**
 * `delayed` is no bounce: the server goes on trying, and says so when it stops. `relayed` tells only that the message has
 * left for where no reports come from; `expanded` that it has arrived, and went on to a list.
 */
function newsOf(
  action: Action,
  status: string | undefined,
  diagnostic: string | undefined,
  mail: Mail,
): ReportedNews | undefined {
  switch (action) {
    case 'delayed':
    case 'relayed':
      return undefined;
    case 'delivered':
    case 'expanded':
      return { kind: 'delivered' };
    case 'failed': {
      const smtpCode = diagnostic === undefined ? undefined : replyCodeOf(diagnostic);
      const { bounceType, reason } = classify({
        ...(status === undefined ? {} : { status }),
        ...(smtpCode === undefined ? {} : { smtpCode }),
        // Some tell people only.
        diagnostic: diagnostic ?? mail.text.slice(0, 2_000),
      });
      const otherwise = [status?.trim().slice(0, 20), reason].filter(Boolean).join(' ');
      return { kind: 'bounced', bounceType, bounceMessage: bounceMessageOf(diagnostic, otherwise) };
    }
  }
}

/** `rfc822; ann@example.com`, also `<…>`, `utf-8;`, and `+40` for `@` (RFC 3461). */
function addressOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const [, address = value] = /^\s*[\w-]{1,40}\s*;\s*(.*)$/.exec(value) ?? [];
  const bare = address.trim().replace(/^<(.*)>$/, '$1');
  return (
    normalizeEmail(bare) ??
    normalizeEmail(bare.replace(/\+([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16))))
  );
}
