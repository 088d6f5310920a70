import type { Config } from '../config';
import { senderOf } from '../email/sender-address';
import type { SendingDomainStore } from '../mongo/sending-domains';
import { Problem } from './problem';

/** Whether a workspace may send from an address. */
export type FromCheck = (workspaceId: string, from: string) => Promise<{ ok: true } | { ok: false; reason: string }>;

/**
 * A workspace sends from MAIL_FROM's address, or from a sending domain of its own. Where mail really leaves, the domain's
 * DNS must have shown that it is the workspace's: everybody on this installation shares the server that others' SPF
 * records trust.
 */
export function createFromCheck(
  stores: { sendingDomains: Pick<SendingDomainStore, 'byDomain'> },
  config: Pick<Config, 'email'>,
): FromCheck {
  const refused = (reason: string): { ok: false; reason: string } => ({ ok: false, reason });
  return async (workspaceId, from) => {
    const sender = /[\r\n\0]/.test(from) ? undefined : senderOf(from);
    if (!sender) return refused('must be one address, such as News <news@acme.com>');
    if (sender.address === senderOf(config.email.from)?.address) return { ok: true };
    const domain = await stores.sendingDomains.byDomain(workspaceId, sender.domain);
    if (!domain) {
      return refused(
        `this workspace may not send from ${sender.domain}; add it first (POST /sending-domains), or leave from out`,
      );
    }
    if (config.email.smtpUrl === undefined || domain.verifiedAt) return { ok: true };
    return refused(
      `${sender.domain} is not verified: set its DKIM record (GET /sending-domains/${domain.id}), then POST /sending-domains/${domain.id}/check`,
    );
  };
}

/** Throws a 422 that names the field, `/from` where no other is named. */
export async function vetFrom(check: FromCheck, workspaceId: string, from: string, pointer = '/from'): Promise<void> {
  const checked = await check(workspaceId, from);
  if (checked.ok) return;
  throw new Problem(422, 'from_not_allowed', `from: ${checked.reason}`, {
    errors: [{ pointer, detail: checked.reason }],
  });
}
