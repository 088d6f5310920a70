import { nextPath } from '../../web/src/pages/account/next-path';

test.each([
  [null, '/'],
  ['', '/'],
  ['/', '/'],
  ['/deliveries', '/deliveries'],
  ['/deliveries?status=failed&status=retrying#latest', '/deliveries?status=failed&status=retrying#latest'],
  ['/contacts?q=a/b', '/contacts?q=a/b'],
  ['/login', '/'],
  ['/login?next=%2Flogin', '/'],
  ['https://evil.example', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['\\\\evil.example', '/'],
  ['/\t/evil.example', '/'],
  ['/.//evil.example', '/'],
  ['/a/..//evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['deliveries', '/'],
])('%j leads to %s', (wanted, path) => {
  expect(nextPath(wanted)).toBe(path);
});
