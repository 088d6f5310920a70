import type { EmailQuery } from './types';

type Kind = NonNullable<EmailQuery['kind']>;
type Outcome = NonNullable<EmailQuery['outcome']>;
const kinds: Record<Kind, true> = {
  ...{ campaign: true, automation: true, transactional: true, confirmation: true, test: true },
};
const everywhere: Partial<Record<Outcome, true>> = {
  ...{ sent: true, delivered: true, bounced: true, complained: true, failed: true, skipped: true },
};
const ofSome: Partial<Record<Outcome, true>> = { waiting: true, opened: true, clicked: true, unsubscribed: true };

const isKind = (text: string): text is Kind => Object.hasOwn(kinds, text);
const isEverywhere = (text: string): text is Outcome => Object.hasOwn(everywhere, text);
const isOfSome = (text: string): text is Outcome => Object.hasOwn(ofSome, text);

/** What to ask the API for, from the filters in the URL; what it does not take is left out. */
export function queryOf(
  get: (name: 'to' | 'contactId' | 'campaignId' | 'kind' | 'outcome') => string | undefined,
): EmailQuery {
  const [to, contactId, campaignId] = [get('to'), get('contactId'), get('campaignId')];
  const [kind = '', outcome = ''] = [get('kind'), get('outcome')];
  const isPerson = to !== undefined || contactId !== undefined;
  const isNarrow = isPerson || campaignId !== undefined;
  return {
    ...(to === undefined ? {} : { to }),
    ...(contactId === undefined ? {} : { contactId }),
    ...(campaignId === undefined ? {} : { campaignId }),
    ...(isKind(kind) && (isPerson || campaignId === undefined) ? { kind } : {}),
    ...(isEverywhere(outcome) || (isNarrow && isOfSome(outcome)) ? { outcome } : {}),
  };
}
