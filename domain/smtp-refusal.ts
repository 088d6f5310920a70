import { classify, replyCodeOf } from './bounce';
import type { BounceType } from './email';

const maxMessageLength = 1_000;

/** What a server has said that refused an email at once, or put it off until nobody waits any more, as a bounce. */
export function bounceOf(response: string): { bounceType: BounceType; bounceMessage: string } {
  const bounceMessage = response.replace(/\s+/g, ' ').trim().slice(0, maxMessageLength) || 'refused without a reason';
  const smtpCode = replyCodeOf(response);
  const refusal = { ...(smtpCode === undefined ? {} : { smtpCode }), diagnostic: response };
  return { bounceType: classify(refusal).bounceType, bounceMessage };
}
