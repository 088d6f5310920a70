import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const root = path.join(__dirname, '..');

/** What each folder may import. `types` means: by `import type` only, so that nothing of it is loaded. */
const allowed: Record<string, { values: RegExp; types?: RegExp }> = {
  domain: { values: /^(zod|domain)$/ },
  workflows: { values: /^(@temporalio\/(workflow|common)|workflows|domain)$/, types: /^activities$/ },
  activities: { values: /^(activities|domain)$/ },
  src: { values: /^(?!test$|bench$|web$|scripts$).*$/ },
  // The dashboard knows the server by the API alone, whose types are made from its schemas.
  web: { values: /^(?!test$|bench$|src$|scripts$|domain$|activities$|workflows$).*$/ },
};

interface Import {
  file: string;
  from: string;
  isTypeOnly: boolean;
}

function filesIn(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((name) => /\.tsx?$/.test(name) && statSync(path.join(root, name)).isFile());
}

/** The folder of ours that a path leads to, or the package's name. */
function target(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier.replace(/^(@[^/]+\/[^/]+|[^/]+).*$/, '$1');
  return path.join(path.dirname(file), specifier).split(path.sep)[0] ?? '';
}

export function importsOf(file: string, text: string): Import[] {
  const pattern =
    /^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|require\('([^']+)'\)|import\('([^']+)'\)/gm;
  return [...text.matchAll(pattern)].map(([, type, from, required, dynamic]) => ({
    file,
    from: target(file, from ?? required ?? dynamic ?? ''),
    isTypeOnly: type !== undefined,
  }));
}

function violations(folder: string, imports: Import[]): string[] {
  const rule = allowed[folder];
  if (!rule) return [];
  return imports
    .filter(({ from, isTypeOnly }) => !rule.values.test(from) && !(isTypeOnly && rule.types?.test(from)))
    .map(({ file, from, isTypeOnly }) => `${file} imports ${isTypeOnly ? 'types of ' : ''}${from}`);
}

describe('the arrows between the folders', () => {
  test.each(Object.keys(allowed))('%s imports only what it may', (folder) => {
    const files = filesIn(folder);
    expect(files.length).toBeGreaterThan(0);
    expect(
      files.flatMap((file) => violations(folder, importsOf(file, readFileSync(path.join(root, file), 'utf8')))),
    ).toEqual([]);
  });

  test('a wrong arrow is found', () => {
    const text =
      "import { commit } from '../activities/commit-messages';\nimport type { Activities } from '../activities';\nimport fs from 'node:fs';";
    expect(violations('workflows', importsOf('workflows/bad.ts', text))).toEqual([
      'workflows/bad.ts imports activities',
      'workflows/bad.ts imports node:fs',
    ]);
    expect(violations('domain', importsOf('domain/bad.ts', "export { x } from '../src/config';"))).toHaveLength(1);
  });
});

describe('one place for one thing', () => {
  const everything = ['domain', 'workflows', 'activities', 'src'].flatMap(filesIn).map((file) => ({
    file,
    text: readFileSync(path.join(root, file), 'utf8'),
  }));
  const filesWith = (pattern: RegExp): string[] =>
    everything.filter(({ text }) => pattern.test(text)).map(({ file }) => file);

  test('workflows are started and signalled in src/temporal/start.ts', () => {
    expect(filesWith(/\.workflow\.(start|execute|signalWithStart)\b/)).toEqual(['src/temporal/start.ts']);
  });

  test('settings are read in src/config.ts', () => {
    expect(filesWith(/(?<!Object\.assign\()process\.env\b/)).toEqual(['src/config.ts']);
  });

  test('workflow ids are built in domain/ids.ts', () => {
    expect(
      filesWith(
        /[`'](identify|track|batch|delivery|automation|recovery|email-event|email|campaign|import|erase)\/\$\{/,
      ),
    ).toEqual(['domain/ids.ts']);
  });

  test('each workflow stands in the file of its name and is registered', () => {
    const index = readFileSync(path.join(root, 'workflows/index.ts'), 'utf8');
    const registered = [...index.matchAll(/export \{ (\w+) \} from '\.\/([\w-]+)'/g)];
    expect(registered.length).toBeGreaterThan(5);
    for (const [, name = '', file = ''] of registered) {
      expect(file).toBe(name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
      expect(readFileSync(path.join(root, `workflows/${file}.ts`), 'utf8')).toContain(`export async function ${name}(`);
    }
  });
});
