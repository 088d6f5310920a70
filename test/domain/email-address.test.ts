import fc from 'fast-check';
import { normalizeEmail } from '../../domain/email-address';

describe('normalizeEmail', () => {
  test.each([
    ['morgan@acme.com', 'morgan@acme.com'],
    ['  Morgan@ACME.com\n', 'morgan@acme.com'],
    ['morgan+news@acme.co.uk', 'morgan+news@acme.co.uk'],
    ["o'neil@acme.com", "o'neil@acme.com"],
    ['jörg@münchen.de', 'jörg@münchen.de'],
    ['用户@例子.公司', '用户@例子.公司'],
    ['a@b.io', 'a@b.io'],
    [`${'a'.repeat(64)}@acme.com`, `${'a'.repeat(64)}@acme.com`],
  ])('%j is %j', (given, address) => {
    expect(normalizeEmail(given)).toBe(address);
  });

  test.each([
    [''],
    ['morgan'],
    ['@acme.com'],
    ['morgan@'],
    ['morgan@acme'],
    ['morgan@acme.c'],
    ['morgan@@acme.com'],
    ['mor gan@acme.com'],
    ['morgan@ac me.com'],
    ['morgan@acme..com'],
    ['mor..gan@acme.com'],
    ['Morgan <morgan@acme.com>'],
    ['morgan@acme.com, lee@acme.com'],
    ['"morgan"@acme.com'],
    ['morgan@[127.0.0.1]'],
    ['mailto:morgan@acme.com'],
    ['mor\u0000gan@acme.com'],
    ['mor\u001bgan@acme.com'],
    ['morgan@ac\u007fme.com'],
    ['mor\ud800gan@acme.com'],
    ['morgan@acme.\udc00\udc00'],
    [`${'a'.repeat(65)}@acme.com`],
    [`a@${'b'.repeat(250)}.com`],
  ])('%j is no address', (given) => {
    expect(normalizeEmail(given)).toBeUndefined();
  });

  test.each([[null], [undefined], [42], [true], [{}], [['a@b.com']], [{ toString: () => 'a@b.com' }]])(
    '%p is no address',
    (given) => {
      expect(normalizeEmail(given)).toBeUndefined();
    },
  );

  it('gives the same address when it is applied to an address, in any case', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (given) => {
        const address = normalizeEmail(given);
        if (address === undefined) return;
        expect(normalizeEmail(address)).toBe(address);
        expect(normalizeEmail(` ${given.toUpperCase()} `)).toBe(address);
      }),
    );
  });

  it('knows most addresses that a generator of addresses makes', () => {
    const samples = fc.sample(fc.emailAddress(), { numRuns: 500, seed: 1 });
    expect(samples.filter((given) => normalizeEmail(given) !== undefined).length).toBeGreaterThan(400);
  });

  it('never throws, and what it returns is trimmed and small', () => {
    fc.assert(
      fc.property(fc.anything(), (given) => {
        const address = normalizeEmail(given);
        if (address !== undefined) expect(address).toBe(address.trim().toLowerCase());
      }),
    );
  });

  it('takes no time over a text made to slow it down', () => {
    const startedMs = performance.now();
    normalizeEmail(`a@${'.a'.repeat(100_000)}@`);
    normalizeEmail(`${'a'.repeat(200_000)}@`);
    expect(performance.now() - startedMs).toBeLessThan(500);
  });
});
