import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { testBinary } from '../support/binaries';
import { eventually } from './support/processes';

/** The README's tours, word for word: the commands are read out of it. They need the ports that they name. */
const root = path.join(__dirname, '../..');
const dataDir = mkdtempSync(path.join(tmpdir(), 'esx-test-readme-'));
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
function blocksUnder(heading: string): string[] {
  const [, section = ''] = readme.split(`\n${heading}\n`);
  const [own = ''] = section.split(/\n##+ /);
  return [...own.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block ?? '');
}
const blocks = blocksUnder('## A first delivery in five minutes');
const emailBlocks = blocksUnder('### A first campaign');
const terminals: ChildProcess[] = [];

/** A terminal of the reader's: a shell that runs blocks and keeps what they printed. */
function openTerminal(env: Record<string, string>) {
  const { PATH = '', HOME = '' } = process.env;
  // A group of its own, so that closing the terminal ends what runs in it.
  const shell = spawn('bash', [], {
    cwd: root,
    env: { PATH, HOME, ...env },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  terminals.push(shell);
  let printed = '';
  let blockCount = 0;
  shell.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  shell.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  return {
    output: () => printed,
    start: (block: string) => void shell.stdin.write(block),
    /** Runs a block to its end and returns what it printed. */
    async run(block: string): Promise<string> {
      const mark = `__end_of_block_${++blockCount}__`;
      const from = printed.length;
      shell.stdin.write(`${block}\necho ${mark} $?\n`);
      await eventually(`the end of: ${block}`, () => printed.includes(`${mark} `));
      const [text = '', code = ''] = printed.slice(from).split(mark);
      expect({ block, code: code.trim(), text }).toEqual({ block, code: '0', text });
      return text;
    },
  };
}

afterAll(async () => {
  for (const terminal of terminals.reverse()) {
    const ended = new Promise((resolve) => terminal.once('exit', resolve));
    if (terminal.pid !== undefined && terminal.exitCode === null) process.kill(-terminal.pid, 'SIGINT');
    terminal.stdin?.end();
    await ended;
  }
  rmSync(dataDir, { recursive: true, force: true });
}, 60_000);

test('the tours run as they are written', async () => {
  const [startBlock = '', receiverBlock = '', exportBlock = '', ...rest] = blocks;
  expect(startBlock).toContain('npm start');
  expect(receiverBlock).toContain('npm run receiver');
  expect(rest.length).toBeGreaterThanOrEqual(8);

  const first = openTerminal({
    DATA_DIR: dataDir,
    LOG_LEVEL: 'warn',
    TEMPORAL_CLI_PATH: await testBinary('temporal'),
    MONGOD_PATH: await testBinary('mongod'),
  });
  first.start(startBlock);
  await eventually(`EmailSendX is ready`, () => first.output().includes('EmailSendX is ready.'), 90_000);
  const second = openTerminal({});
  second.start(receiverBlock);
  await eventually('the receiver', () => second.output().includes('Receiver on http://127.0.0.1:4000'));

  const third = openTerminal({});
  await third.run(exportBlock);
  let outputs = '';
  for (const block of rest) {
    // A reader is slower than this test: where the outcome takes its time, he looks again.
    const outcome = block.includes('"attemptCount"')
      ? "'delivered'"
      : block.includes('/api/v1/events')
        ? "'recorded'"
        : '';
    outputs += await eventually(`${outcome} in: ${block}`, async () => {
      const text = await third.run(block);
      return text.includes(outcome) && `${text}\n`;
    });
  }
  for (const shown of [
    '"secret":"whsec_',
    '"status":"accepted"',
    "'recorded'",
    "'created'",
    "'delivered'",
    '"status":"queued"',
  ]) {
    expect(outputs).toContain(shown);
  }
  expect(outputs).toMatch(/http:\/\/127\.0\.0\.1:8233\/namespaces\/default\/workflows\/delivery%2Fwhe_/);
  await eventually('the attempt by hand', () =>
    /contact\.created[\s\S]*attempt 5 of this webhook-id/.test(second.output()),
  );
  expect(first.output()).toMatch(/Temporal Web UI +http:\/\/127\.0\.0\.1:8233/);

  // The second tour, in the same terminals.
  expect(emailBlocks.length).toBeGreaterThanOrEqual(8);
  /** What a reader sees in the end, by a part of the block that shows it. */
  const outcomes: [part: string, shown: RegExp][] = [
    ['/contacts ', /"email":"ada@example.com"/],
    ['/send"', /"status":"sending"/],
    ['["from", "to"', /'no-reply@emailsendx\.localhost'.*'ada@example\.com'.*'Hello Ada'/],
    ['link t/c', /200 image\/gif\n302 to https:\/\/example\.com\/news\n/],
    ['One-Click', /^200$/m],
    ['...counts', /status.*'sent'[\s\S]*delivered.* 1 [\s\S]*unsubscribed.* 1 [\s\S]*opens.* 1 [\s\S]*clicks.* 1 /],
    ['.events', /'unsubscribed'.*'counted'.*'one-click'[\s\S]*'clicked'.*'bot'[\s\S]*'opened'.*'bot'/],
  ];
  const shownBy = new Set<string>();
  for (const block of emailBlocks) {
    const [part, shown] = outcomes.find(([each]) => block.includes(each)) ?? ['', /^/];
    shownBy.add(part);
    // Once: these make something, or are heard.
    if (block.includes('POST') || block.includes('link ')) expect(await third.run(block)).toMatch(shown);
    else await eventually(`${shown} in: ${block}`, async () => shown.test(await third.run(block)));
  }
  expect(outcomes.filter(([part]) => !shownBy.has(part))).toEqual([]);
  for (const type of [
    ...['campaign.sent', 'email.delivered', 'email.opened', 'email.clicked', 'email.unsubscribed'],
    'contact.updated',
  ]) {
    await eventually(`the webhook ${type}`, () => second.output().includes(`${type}  /fail/3  →  200`));
  }
}, 300_000);
