import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Plugin } from 'vite';

/** Imports of Mantine lead to the files behind its index: through that the first page would load what any page uses. */
export function mantineByFile(): Plugin {
  const folder = path.join(path.dirname(createRequire(import.meta.url).resolve('@mantine/core')), '../esm');
  const index = readFileSync(path.join(folder, 'index.mjs'), 'utf8');
  const files = new Map(
    [...index.matchAll(/^import \{ (.+) \} from "(\.\/.+)";$/gm)].flatMap(([, names = '', file = '']) =>
      names.split(', ').map((name) => [name, path.join(folder, file)] as const),
    ),
  );
  const leadToFile = (part: string): string => {
    const file = files.get(part.split(' as ')[0] ?? '');
    return `import { ${part} } from '${file ?? '@mantine/core'}';`;
  };
  return {
    name: 'mantine-by-file',
    apply: 'build',
    enforce: 'pre',
    transform: {
      filter: { code: '@mantine/core' },
      handler: (code) =>
        code.replace(/^import \{([^}]+)\} from ["']@mantine\/core["'];$/gm, (_whole, names: string) =>
          names
            .split(',')
            .flatMap((part) => (part.trim() === '' ? [] : leadToFile(part.trim())))
            .join(' '),
        ),
    },
  };
}
