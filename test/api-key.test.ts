import { displayApiKey, hashApiKey, newApiKey } from '../src/api-key';

test('a key has the documented form, and no two are alike', () => {
  const keys = Array.from({ length: 1_000 }, newApiKey);
  for (const key of keys) expect(key).toMatch(/^esx_live_[0-9A-Za-z]{36}$/);
  expect(new Set(keys).size).toBe(1_000);
});

test('the checksum depends on the random part', () => {
  const checksums = new Set(Array.from({ length: 100 }, () => newApiKey().slice(-6)));
  expect(checksums.size).toBeGreaterThan(95);
});

test('what is shown of a key cannot be used as it', () => {
  const key = newApiKey();
  const shown = displayApiKey(key);
  expect(shown).toBe(`${key.slice(0, 13)}…${key.slice(-4)}`);
  expect(shown.length).toBeLessThan(key.length / 2 + 1);
});

test('the hash is the SHA-256 of the text', () => {
  expect(hashApiKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
