import { createSecretBox } from '../../src/mongo/secret-box';

const box = createSecretBox('one encryption key');

test('a sealed text opens again, shows nothing of itself, and is sealed differently each time', () => {
  const sealed = box.seal('whsec_secret ✓');
  expect(box.open(sealed)).toBe('whsec_secret ✓');
  expect(sealed).not.toContain('secret');
  expect(box.seal('whsec_secret ✓')).not.toBe(sealed);
});

test('another key, a changed text and a foreign text are refused with what to do, never with the text', () => {
  const sealed = box.seal('whsec_secret');
  expect(() => createSecretBox('another key').open(sealed)).toThrow(/ESX_ENCRYPTION_KEY/);
  const parts = sealed.split('.');
  parts[3] = Buffer.from('changed').toString('base64');
  expect(() => box.open(parts.join('.'))).toThrow(/ESX_ENCRYPTION_KEY/);
  expect(() => box.open('whsec_plain')).toThrow(/not readable/);
  expect(() => box.open('whsec_plain')).not.toThrow(/whsec_plain/);
});
