import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { newWebhookSecret } from '../../src/webhooks/signature';
import { snippetLanguages, snippets, type SnippetLanguage } from '../../web/src/snippets';

/** What a receiver gets. The headers' names are in lower case, as most servers hand them out. */
interface Message {
  secret: string;
  headers: Record<string, string>;
  body: string;
}

const secret = newWebhookSecret();
const body = '{"event":"contact.created","data":{"firstName":"Zoë ✓"}}';
const id = 'evt_0123456789';

function signed({ with: by = secret, secondsAgo = 0 }: { with?: string; secondsAgo?: number } = {}): Message {
  const at = new Date(Date.now() - secondsAgo * 1_000);
  return {
    secret,
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Webhook(by).sign(id, at, body),
    },
    body,
  };
}

const good = signed();
const signatureOf = ({ headers }: Message): string => headers['webhook-signature'] ?? '';
const withHeader = (name: string, value: string): Message => ({ ...good, headers: { ...good.headers, [name]: value } });
const { 'webhook-signature': _signature, ...unsigned } = good.headers;

const cases: [what: string, message: Message, isGood: boolean][] = [
  ['a good one', good, true],
  ['one of four minutes ago', signed({ secondsAgo: 240 }), true],
  [
    'two signatures, of which the second fits, as in a rotation',
    withHeader('webhook-signature', `${signatureOf(signed({ with: newWebhookSecret() }))} ${signatureOf(good)}`),
    true,
  ],
  ['a signature of a later version beside it', withHeader('webhook-signature', `v2,AAAA ${signatureOf(good)}`), true],
  ['a body that was changed', { ...good, body: body.replace('Zoë', 'Zoe') }, false],
  ['a body that was parsed and written again', { ...good, body: JSON.stringify(JSON.parse(body), null, 1) }, false],
  ['another id', withHeader('webhook-id', 'evt_other'), false],
  ['another time', withHeader('webhook-timestamp', String(Number(good.headers['webhook-timestamp']) - 1)), false],
  ['one of six minutes ago', signed({ secondsAgo: 360 }), false],
  ['one of six minutes ahead', signed({ secondsAgo: -360 }), false],
  ['a time that is no number', withHeader('webhook-timestamp', 'soon'), false],
  ['the secret of someone else', signed({ with: newWebhookSecret() }), false],
  ['another version', withHeader('webhook-signature', signatureOf(good).replace('v1,', 'v2,')), false],
  ['a signature cut short', withHeader('webhook-signature', signatureOf(good).slice(0, 20)), false],
  ['an empty signature', withHeader('webhook-signature', 'v1,'), false],
  ['no signature at all', { ...good, headers: unsigned }, false],
  ['no headers at all', { ...good, headers: {} }, false],
];

/** How a program reads messages from a file and prints its verdicts, around the snippet. */
const programs: Record<SnippetLanguage, { command: string[]; version: string[]; files: (code: string) => object }> = {
  node: {
    command: ['node', 'main.js'],
    version: ['node', '--version'],
    files: (code) => ({
      'main.js': `${code}
const messages = JSON.parse(require('node:fs').readFileSync('messages.json', 'utf8'));
console.log(JSON.stringify(messages.map((each) => verifyWebhook(each.secret, each.headers, each.body))));`,
    }),
  },
  python: {
    command: ['python3', 'main.py'],
    version: ['python3', '--version'],
    files: (code) => ({
      'main.py': `${code}
import json
with open("messages.json", encoding="utf-8") as file:
    messages = json.load(file)
print(json.dumps([verify_webhook(each["secret"], each["headers"], each["body"].encode()) for each in messages]))`,
    }),
  },
  go: {
    command: ['go', 'run', '.'],
    version: ['go', 'version'],
    files: (code) => ({
      'go.mod': 'module webhook\n\ngo 1.18\n',
      'verify.go': code.replace('package webhook', 'package main'),
      'main.go': `package main

import (
	"encoding/json"
	"net/http"
	"os"
)

func main() {
	text, _ := os.ReadFile("messages.json")
	var messages []struct {
		Secret  string
		Headers map[string]string
		Body    string
	}
	if err := json.Unmarshal(text, &messages); err != nil {
		panic(err)
	}
	verdicts := []bool{}
	for _, each := range messages {
		headers := http.Header{}
		for name, value := range each.Headers {
			headers.Set(name, value)
		}
		verdicts = append(verdicts, VerifyWebhook(each.Secret, headers, []byte(each.Body)))
	}
	json.NewEncoder(os.Stdout).Encode(verdicts)
}`,
    }),
  },
  php: {
    command: ['php', 'main.php'],
    version: ['php', '--version'],
    files: (code) => ({
      'main.php': `${code}
$messages = json_decode(file_get_contents('messages.json'), true);
echo json_encode(array_map(fn ($each) => verify_webhook($each['secret'], $each['headers'], $each['body']), $messages));`,
    }),
  },
};

function run([program = '', ...args]: string[], cwd?: string) {
  return spawnSync(program, args, { encoding: 'utf8', ...(cwd === undefined ? {} : { cwd }) });
}

const languages = ['node', 'python', 'go', 'php'] as const satisfies readonly SnippetLanguage[];
const isThere = (language: SnippetLanguage): boolean => run(programs[language].version).status === 0;

test('there is a snippet for each language, and for no other', () => {
  expect(Object.keys(snippets)).toEqual([...languages]);
  expect(Object.keys(snippetLanguages)).toEqual([...languages]);
});

describe.each(languages)('the snippet in %s', (language) => {
  const { command, files } = programs[language];
  const inLanguage = isThere(language) ? test : test.skip;

  inLanguage(
    'tells good webhooks from all others',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'esx-snippet-'));
      try {
        writeFileSync(join(folder, 'messages.json'), JSON.stringify(cases.map(([, message]) => message)));
        for (const [name, text] of Object.entries(files(snippets[language]))) writeFileSync(join(folder, name), text);
        const { stdout, stderr } = run(command, folder);
        expect(stderr).toBe('');
        const verdicts: unknown[] = JSON.parse(stdout);
        expect(cases.map(([what], index) => [what, verdicts[index]])).toEqual(
          cases.map(([what, , isGood]) => [what, isGood]),
        );
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    120_000,
  );
});
