import type { ContactStatus } from '../../domain/contact';
import { graverReason, reasonToSkip, suppressionReasons, type EmailKind } from '../../domain/email';

type Contact = { status: ContactStatus } | undefined;
const at = (status: ContactStatus): Contact => ({ status });

describe('whether an email may go, at the moment of sending', () => {
  const lists: EmailKind[] = ['campaign', 'automation'];
  const single: EmailKind[] = ['transactional'];
  const others: EmailKind[] = ['confirmation', 'test'];
  const all = [...lists, ...single, ...others];

  test.each<[string, Contact, (typeof suppressionReasons)[number] | undefined, EmailKind[]]>([
    ['an active contact', at('active'), undefined, all],
    ['one who has unsubscribed', at('unsubscribed'), undefined, [...single, ...others]],
    ['one who has bounced', at('bounced'), undefined, others],
    ['one who has complained', at('complained'), undefined, others],
    ['one who was deleted', undefined, undefined, others],
    ['an address that has left and came in again', at('active'), 'unsubscribed', [...single, ...others]],
    ['an address that has bounced', at('active'), 'bounced', []],
    ['an address that has complained', at('active'), 'complained', []],
    ['an address that was suppressed by hand', at('active'), 'manual', []],
  ])('%s', (_who, contact, reason, mayGo) => {
    const suppression = reason && { reason };
    expect(all.filter((kind) => reasonToSkip({ kind }, contact, suppression) === undefined)).toEqual(mayGo);
  });
});

test('a suppression keeps the gravest reason, in whichever order they come', () => {
  expect(graverReason('unsubscribed', 'bounced')).toBe('bounced');
  expect(graverReason('bounced', 'unsubscribed')).toBe('bounced');
  expect(graverReason('bounced', 'complained')).toBe('complained');
  expect(graverReason('complained', 'manual')).toBe('complained');
  for (const reason of suppressionReasons) expect(graverReason(reason, reason)).toBe(reason);
});
