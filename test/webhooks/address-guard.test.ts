import * as fc from 'fast-check';
import * as ipaddr from 'ipaddr.js';
import { BlockList, isIP } from 'node:net';
import { createAddressGuard, parseCidrs } from '../../src/webhooks/address-guard';

const refused = `
  0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.1.2.3 168.63.129.16 169.254.169.254 169.254.170.2
  172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1
  240.0.0.1 255.255.255.255
  :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe
  64:ff9b:1::a9fe:a9fe 100::1 2001::1 2001:db8::1 2002:7f00:1:: 2002:a9fe:a9fe:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254
  fd20:ce::254 fe80::1 fec0::1 ff02::1`
  .trim()
  .split(/\s+/);

describe('with an empty allow list', () => {
  const guard = createAddressGuard([]);

  test.each(refused)('%s is refused', (ip) => {
    expect(guard.isPublic(ip)).toBe(false);
    expect(guard.isAllowListed(ip)).toBe(false);
    expect(guard.isAllowed(ip)).toBe(false);
  });

  test.each(['8.8.8.8', '1.1.1.1', '168.63.129.17', '2001:4860:4860::8888', '2606:4700:4700::1111'])(
    '%s passes',
    (ip) => {
      expect(guard.isPublic(ip)).toBe(true);
      expect(guard.isAllowed(ip)).toBe(true);
    },
  );

  test('a v4-mapped address is judged as its IPv4 address', () => {
    expect(guard.isAllowed('::ffff:8.8.8.8')).toBe(true);
    expect(guard.isAllowed('::ffff:808:808')).toBe(true);
    expect(guard.isAllowed('::ffff:168.63.129.16')).toBe(false);
    expect(guard.isAllowed('::ffff:a9fe:a9fe')).toBe(false);
  });

  test.each(['::8.8.8.8', '4000::1', 'fe00::1', '64:ff9b:2::1', '2002:808:808::', '64:ff9b::808:808'])(
    '%s, outside the assigned unicast space or an IPv4 address in disguise, is refused',
    (ip) => expect(guard.isAllowed(ip)).toBe(false),
  );

  test.each([
    '',
    'localhost',
    '8.8.8',
    '134744072',
    '0x8.8.8.8',
    '010.8.8.8',
    '8.8.8.8.',
    ' 8.8.8.8',
    '[2001:4860::1]',
  ])('%j is no address in plain form and never allowed', (text) => expect(guard.isAllowed(text)).toBe(false));
});

describe('with an allow list', () => {
  const guard = createAddressGuard(['10.1.0.0/16', '::1/128', '192.168.7.7']);

  test('allows what is inside and nothing beside it', () => {
    expect(guard.isAllowListed('10.1.255.254')).toBe(true);
    expect(guard.isAllowListed('10.2.0.1')).toBe(false);
    expect(guard.isAllowListed('::1')).toBe(true);
    expect(guard.isAllowListed('::2')).toBe(false);
    expect(guard.isAllowListed('192.168.7.7')).toBe(true);
    expect(guard.isAllowListed('192.168.7.8')).toBe(false);
    expect(guard.isAllowListed('::ffff:10.1.2.3')).toBe(true);
  });

  test('a public address stays allowed without being listed, a listed one does not become public', () => {
    expect(guard.isAllowed('8.8.8.8')).toBe(true);
    expect(guard.isAllowListed('8.8.8.8')).toBe(false);
    expect(guard.isPublic('10.1.0.1')).toBe(false);
  });

  test('an IPv4 range does not open IPv6 and the other way round', () => {
    expect(createAddressGuard(['0.0.0.0/0']).isAllowed('::1')).toBe(false);
    expect(createAddressGuard(['::/0']).isAllowed('127.0.0.1')).toBe(false);
    expect(createAddressGuard(['::/0']).isAllowed('::ffff:127.0.0.1')).toBe(false);
  });
});

describe('parseCidrs', () => {
  test('reads commas, spaces, single addresses and v4-mapped ranges', () => {
    expect(parseCidrs(' 10.0.0.0/8, ::1/128  192.168.1.5\n::ffff:172.16.0.0/108 ')).toEqual([
      '10.0.0.0/8',
      '::1/128',
      '192.168.1.5/32',
      '172.16.0.0/12',
    ]);
    expect(parseCidrs('  ')).toEqual([]);
  });

  test.each(['10.0.0.0/33', '::1/129', '10.0.0/8', '10/8', 'example.com/8', '10.0.0.0/', '10.0.0.0/8/8', '1.2.3.4/-1'])(
    'names the bad part %s',
    (bad) => expect(() => parseCidrs(`127.0.0.1/32,${bad}`)).toThrow(`"${bad}" is not an address range`),
  );

  test('refuses a range that mixes IPv4 and IPv6', () => {
    expect(() => parseCidrs('::ffff:0.0.0.0/90')).toThrow('mixes IPv4 and IPv6');
  });
});

describe('any address at all', () => {
  const privateRanges = new BlockList();
  for (const cidr of [
    '10.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '100.64.0.0/10',
  ]) {
    const [network = '', bits] = cidr.split('/');
    privateRanges.addSubnet(network, Number(bits), 'ipv4');
  }
  for (const cidr of ['fc00::/7', 'fe80::/10', '::/96', '2002::/16', '64:ff9b::/32', 'ff00::/8', '2001:db8::/32']) {
    const [network = '', bits] = cidr.split('/');
    privateRanges.addSubnet(network, Number(bits), 'ipv6');
  }
  const byte = fc.integer({ min: 0, max: 255 });
  // Uniform bytes would hardly ever fall into a special range.
  const head = fc.oneof(byte, fc.constantFrom(0, 10, 100, 127, 169, 172, 192, 198, 224, 0x20, 0x64, 0xfc, 0xfe, 0xff));
  const second = fc.oneof(byte, fc.constantFrom(0, 1, 2, 16, 31, 64, 168, 254, 0x80, 0xff));
  const octets = fc.tuple(head, second, byte, byte);
  const v4 = octets.map((bytes) => bytes.join('.'));
  const v6 = fc
    .oneof(
      fc.tuple(octets, fc.array(byte, { minLength: 12, maxLength: 12 })).map(([start, rest]) => [...start, ...rest]),
      fc
        .tuple(fc.constantFrom(0, 0xff), octets)
        .map(([mark, v4Bytes]) => [...Array(10).fill(0), mark, mark, ...v4Bytes]),
    )
    .map((bytes) => ipaddr.fromByteArray(bytes).toString());

  test('is only called public when it is unicast and in no private range', () => {
    const guard = createAddressGuard([]);
    let publicCount = 0;
    fc.assert(
      fc.property(fc.oneof(v4, v6), (ip) => {
        if (!guard.isPublic(ip)) return;
        publicCount += 1;
        expect(ipaddr.process(ip).range()).toBe('unicast');
        const plain = ipaddr.process(ip).toString();
        expect(privateRanges.check(plain, isIP(plain) === 4 ? 'ipv4' : 'ipv6')).toBe(false);
      }),
      { numRuns: 3_000 },
    );
    expect(publicCount).toBeGreaterThan(100);
  });
});
