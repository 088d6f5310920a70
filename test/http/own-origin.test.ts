import { judgeOrigin, type OriginJudgement, type RequestOrigin } from '../../src/http/own-origin';

const from = (given: Partial<RequestOrigin>): RequestOrigin => ({
  ...{ method: 'POST', origin: undefined, secFetchSite: undefined, host: 'esx.acme.com' },
  ...given,
});
const publicUrl = 'https://mail.acme.com/base';

test.each<[string, Partial<RequestOrigin>, OriginJudgement]>([
  ['a read of a page of ours', { method: 'GET', secFetchSite: 'same-origin' }, 'own'],
  ['a read by an address that was typed', { method: 'GET', secFetchSite: 'none' }, 'own'],
  ['a read of another site', { method: 'GET', secFetchSite: 'cross-site' }, 'foreign'],
  ['a read of a sibling, which a cookie comes with', { method: 'GET', secFetchSite: 'same-site' }, 'foreign'],
  ['HEAD', { method: 'HEAD', secFetchSite: 'cross-site' }, 'foreign'],
  ['the host that was asked', { origin: 'https://esx.acme.com' }, 'own'],
  ['the host that was asked, over plain HTTP', { origin: 'http://esx.acme.com' }, 'own'],
  ['the host with its default port', { origin: 'https://esx.acme.com', host: 'esx.acme.com:443' }, 'own'],
  ['a port', { origin: 'http://127.0.0.1:3000', host: '127.0.0.1:3000' }, 'own'],
  ['IPv6', { origin: 'http://[::1]:3000', host: '[::1]:3000' }, 'own'],
  ['PUBLIC_URL, where a proxy asks by another name', { origin: 'https://mail.acme.com', host: 'gateway:3000' }, 'own'],
  ['a browser that says no more than same-origin', { secFetchSite: 'same-origin' }, 'own'],
  ['nothing said', {}, 'unknown'],
  ['nothing said, but the method is a read', { method: 'GET' }, 'own'],
  ['another port', { origin: 'http://127.0.0.1:4000', host: '127.0.0.1:3000' }, 'foreign'],
  ['PUBLIC_URL by another scheme', { origin: 'http://mail.acme.com', host: 'gateway:3000' }, 'foreign'],
  ['a name that begins alike', { origin: 'https://esx.acme.com.evil.example' }, 'foreign'],
  ['a name that ends alike', { origin: 'https://evil-esx.acme.com' }, 'foreign'],
  ['a sandboxed frame', { origin: 'null' }, 'foreign'],
  ['no URL', { origin: 'esx.acme.com' }, 'foreign'],
  ['an extension', { origin: 'chrome-extension://esx.acme.com' }, 'foreign'],
  ['no Host', { origin: 'https://esx.acme.com', host: undefined }, 'foreign'],
  ['a Host that is none', { origin: 'https://esx.acme.com', host: 'a b' }, 'foreign'],
  ['a sibling, whatever Origin says', { origin: 'https://esx.acme.com', secFetchSite: 'same-site' }, 'foreign'],
  ['a click of nobody', { secFetchSite: 'none' }, 'foreign'],
  [
    'same-origin by one header, foreign by the other',
    { origin: 'https://a.example', secFetchSite: 'same-origin' },
    'foreign',
  ],
])('%s', (_what, given, judgement) => {
  expect(judgeOrigin(from(given), publicUrl)).toBe(judgement);
});

test('without a PUBLIC_URL only the host counts', () => {
  expect(judgeOrigin(from({ origin: 'https://esx.acme.com' }), undefined)).toBe('own');
  expect(judgeOrigin(from({ origin: 'https://mail.acme.com' }), undefined)).toBe('foreign');
});
