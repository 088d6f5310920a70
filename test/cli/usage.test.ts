import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { once } from 'node:events';
import path from 'node:path';
import { registry } from '../../src/cli/registry';
import { esx } from './support/esx';

const key = 'esx_live_0123456789abcdefghijABCDEFGHIJ';
/** Nothing listens on port 1. */
const away = { ESX_URL: 'http://127.0.0.1:1', ESX_API_KEY: key };

test('npx esx --help works in this folder, and lists every command and the exit codes', () => {
  const { stdout, status } = spawnSync('npx', ['esx', '--help'], {
    cwd: path.join(__dirname, '../..'),
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  for (const { name } of registry) expect(stdout).toContain(`  ${name}`);
  expect(stdout).toMatch(/ESX_URL.*ESX_API_KEY.*Exit codes.*\n {2}0 {2}/s);
});

test.each(registry.map(({ name }) => name))('esx %s has a help text of its own', async (name) => {
  const { code, out, err } = await esx([...name.split(' '), '--help']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out.startsWith(`esx ${name}`)).toBe(true);
  expect(out).toContain('--json');
});

test.each([
  [['deliver'], /there is no command deliver; esx --help/],
  [['deliveries', 'lst'], /there is no esx deliveries lst; there are deliveries list, deliveries show/],
  [['--json'], /name a command first/],
  [['deliveries', 'list', '--stat', 'failed'], /--stat is not an option of esx deliveries list; .*--help/],
  [['deliveries', 'list', 'more'], /esx deliveries list takes no more/],
  [['deliveries', 'list', '--limit'], /--limit: its value is missing/],
  [['deliveries', 'list', '--limit', '0'], /--limit 0: write a whole number from 1 to 250/],
  [['deliveries', 'list', '--since', 'lately'], /--since lately: write how long ago, such as 30m/],
  [['deliveries', 'show'], /the id is missing; write esx deliveries show <id>/],
  [['deliveries', 'show', 'a', 'b'], /takes one argument, the id; b is too much/],
  [['deliveries', 'retry'], /the id is missing/],
  [['events', 'tail', '--last', '101'], /--last 101: write a whole number from 0 to 100/],
  [['contacts', 'show'], /the email or id is missing/],
  [['listen'], /--forward-to is missing; write --forward-to http:\/\/localhost:4000\/hook/],
  [['listen', '--forward-to', 'http://'], /--forward-to http:\/\/: write a URL/],
  [['api', 'FETCH', '/lists'], /the method: write esx api GET\|POST/],
  [['api', 'POST', '/lists', '--data', '{'], /--data: is not JSON/],
  [['demo', '--email', 'nobody'], /--email nobody: write an address/],
  [['deliveries', 'list', '--url', 'ftp://x'], /--url ftp:\/\/x: must be the http\(s\) URL/],
  [['deliveries', 'list', '--url', 'http://u:hunter2@x'], /--url: must be without a user and a password/],
  [['init'], /these settings cannot be used:\nTEMPORAL_ADDRESS: .*\nMONGODB_URI: /],
])('esx %j is wrong usage, and the message says what to write', async (args, message) => {
  const { code, out, err } = await esx(args, away);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(message);
  expect(err).not.toMatch(/\n\s+at |hunter2/);
});

test('without a command there is the help, and a group lists its commands', async () => {
  expect(await esx([])).toMatchObject({ code: 0, err: '', out: expect.stringContaining('esx <command>') });
  expect(await esx(['events'])).toMatchObject({ code: 2, out: expect.stringContaining('events tail') });
  expect(await esx(['events', '--help'])).toMatchObject({ code: 0, out: expect.stringContaining('events tail') });
});

describe('a server that is away', () => {
  test.each([
    [['deliveries', 'list']],
    [['events', 'tail']],
    [['contacts', 'show', 'a@b.example']],
    [['listen', '--forward-to', '4000']],
    [['demo']],
    [['api', 'GET', '/lists']],
  ])('ends esx %j with 3 and the remedy', async (args) => {
    const { code, err } = await esx(args, away);
    expect(code).toBe(3);
    expect(err).toMatch(/Nothing answers at http:\/\/127\.0\.0\.1:1 \(.+\)\. Start the server with npm start/);
    expect(err).not.toContain(key);
  });

  test.each([
    ['is no EmailSendX', ['events', 'list'], 1, /answers 418 .* is it an EmailSendX server\?/],
    ['has a page for everything', ['listen', '--forward-to', '4000'], 1, /no stream; is it an EmailSendX server\?/],
    ['dies in the middle', ['contacts', 'show', 'a@b.example'], 3, /broke off \(.+\); try it again/],
  ])('is told from one that %s', async (_what, args, code, message) => {
    const server = createServer((request, response) => {
      if (request.url?.startsWith('/api/v1/events')) response.writeHead(418).end('I am a teapot');
      else if (request.url?.startsWith('/api/v1/listen')) response.setHeader('content-type', 'text/html').end('<h1>');
      else {
        response.write('{"da');
        setTimeout(() => response.destroy(), 100);
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const ended = await esx(args, { ...away, ESX_URL: `http://127.0.0.1:${port}` });
    server.close();
    expect(ended).toMatchObject({ code, err: expect.stringMatching(message) });
  });
});

test('a key that is missing is named, and one that cannot be a key is not repeated', async () => {
  const without = await esx(['deliveries', 'list'], { ESX_URL: away.ESX_URL });
  expect(without).toMatchObject({ code: 2, err: expect.stringMatching(/ESX_API_KEY: is not set; .*Settings → API/) });
  const wrong = await esx(['deliveries', 'list', '--key', 'esx_live_secret and more'], { ESX_URL: away.ESX_URL });
  expect(wrong).toMatchObject({ code: 2, err: expect.stringMatching(/--key: must be a key/) });
  expect(wrong.err).not.toContain('secret');
});
