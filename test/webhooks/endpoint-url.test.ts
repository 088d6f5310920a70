import { createAddressGuard, type ResolveName } from '../../src/webhooks/address-guard';
import { checkEndpointUrl } from '../../src/webhooks/endpoint-url';

const publicOnly = createAddressGuard([]);
const withLoopback = createAddressGuard(['127.0.0.1/32', '::1/128', '10.5.0.0/16']);
const names: Record<string, string[]> = {
  'hooks.example.com': ['93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946'],
  'localtest.me': ['127.0.0.1'],
  '127.0.0.1.nip.io': ['127.0.0.1'],
  'mixed.example.com': ['93.184.216.34', '10.0.0.1'],
  'metadata.google.internal': ['169.254.169.254'],
  'public.internal': ['93.184.216.34'],
  'service.internal': ['10.5.0.9'],
  localhost: ['::1', '127.0.0.1'],
  receiver: ['10.5.0.8'],
};
const lookup: ResolveName = (name) =>
  names[name] ? Promise.resolve(names[name]) : Promise.reject(new Error('ENOTFOUND'));
const check = (url: string, guard = publicOnly) => checkEndpointUrl(url, guard, lookup);

const bypassForms = [
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0177.0.0.1/',
  'http://017700000001/',
  'http://0x7f.1/',
  'http://127.1/',
  'http://0/',
  'http://①②⑦.⓪.⓪.①/',
  'http://127。0。0。1/',
  'http:\\\\127.0.0.1\\',
  'http://localhost./',
  'https://LOCALHOST/',
  'http://foo@127.0.0.1/',
  'http://1.1.1.1 &@2.2.2.2# @3.3.3.3/',
  'http://[::ffff:7f00:1]/',
  'http://[fe80::1%25eth0]/',
  'http://127.0.0.1./',
  'http://localtest.me/',
  'http://127.0.0.1.nip.io/',
  'http://metadata.google.internal/',
  'http://mixed.example.com/',
];

describe('with an empty allow list', () => {
  // With https as well, so that it is the address that is refused and not merely the missing TLS.
  test.each([...bypassForms, ...bypassForms.map((form) => form.replace(/^http:/, 'https:'))])(
    '%s is refused',
    async (url) => {
      expect(await check(url)).toMatchObject({ ok: false });
    },
  );

  test.each([
    'https://hooks.example.com/in?x=1',
    'https://hooks.example.com:8443/in',
    'https://8.8.8.8/',
    'https://[2001:4860:4860::8888]/',
    'https://[::ffff:8.8.8.8]/',
  ])('%s passes', async (url) => {
    expect(await check(url)).toEqual({ ok: true, url: new URL(url).href });
  });

  test('the normalised URL is stored: no fragment, no trailing dot, no upper case', async () => {
    expect(await check(' https://HOOKS.Example.com./in#part ')).toEqual({
      ok: true,
      url: 'https://hooks.example.com/in',
    });
  });

  test('the reason names what is wrong', async () => {
    const reasonOf = async (url: string) => {
      const result = await check(url);
      return result.ok ? 'accepted' : result.reason;
    };
    expect(await reasonOf('https://10.0.0.1/')).toContain('"10.0.0.1" leads to an address that is not public');
    expect(await reasonOf('https://mixed.example.com/')).toContain('WEBHOOK_ALLOWED_CIDRS');
    expect(await reasonOf('http://hooks.example.com/')).toContain('begins with https://');
    expect(await reasonOf('ftp://hooks.example.com/')).toContain('begins with https://');
    expect(await reasonOf('https://a:b@hooks.example.com/')).toContain('user name and password');
    expect(await reasonOf('hooks.example.com')).toContain('not a URL');
    expect(await reasonOf('https://./')).toContain('no host name');
    expect(await reasonOf(`https://hooks.example.com/${'x'.repeat(2048)}`)).toContain('2048');
    expect(await reasonOf('https://intranet/')).toContain('private network');
  });

  test('the reason does not tell which address a name has', async () => {
    expect(JSON.stringify(await check('https://mixed.example.com/'))).not.toContain('10.0.0.1');
  });

  test('a public name without DNS records yet is accepted, a local one is not', async () => {
    expect(await check('https://soon.example.com/')).toEqual({ ok: true, url: 'https://soon.example.com/' });
    for (const host of ['printer.local', 'db.internal', 'x.localhost', 'nas.lan', 'intranet', 'router.home.arpa']) {
      expect(await check(`https://${host}/`)).toMatchObject({ ok: false });
    }
    expect(await check('http://soon.example.com/')).toMatchObject({ ok: false });
  });

  test('a local name is refused even when it resolves to a public address', async () => {
    expect(await check('https://public.internal/')).toMatchObject({ ok: false });
  });

  test('a literal address is never looked up', async () => {
    const neverAsked = jest.fn<ReturnType<ResolveName>, [string]>();
    await checkEndpointUrl('https://8.8.8.8/', publicOnly, neverAsked);
    expect(neverAsked).not.toHaveBeenCalled();
  });

  test('a resolver that hangs does not hang the check', async () => {
    const never: ResolveName = () => new Promise(() => undefined);
    expect(await checkEndpointUrl('https://hooks.example.com/', publicOnly, never)).toMatchObject({ ok: true });
  });
});

describe('with an allow list', () => {
  test.each([
    'http://127.0.0.1:4000/ok',
    'https://127.0.0.1/',
    'http://[::1]:4000/',
    'http://localhost:4000/fail/3',
    'http://receiver:4000/',
    'http://service.internal/',
  ])('%s passes', async (url) => expect(await check(url, withLoopback)).toEqual({ ok: true, url }));

  test('everything outside the list is refused as before', async () => {
    expect(await check('http://10.6.0.1/', withLoopback)).toMatchObject({ ok: false });
    expect(await check('http://8.8.8.8/', withLoopback)).toMatchObject({ ok: false });
    expect(await check('http://hooks.example.com/', withLoopback)).toMatchObject({ ok: false });
    expect(await check('https://mixed.example.com/', withLoopback)).toMatchObject({ ok: false });
    expect(await check('https://169.254.169.254/', withLoopback)).toMatchObject({ ok: false });
  });
});
