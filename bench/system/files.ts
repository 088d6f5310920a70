import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const packageSchema = z.object({ scripts: z.record(z.string(), z.string()) });

/** The path of a compiled file, from the build or from a test that runs the sources. */
export function builtFile(name: string): string {
  return firstThatExists(name, ['../..', '../../dist'], 'run npm run build');
}

/** The flags of node that `npm run` starts an entry point with: the bench measures what people run. */
export function nodeFlagsOf(entryPoint: string): string[] {
  // Compiled code lies one folder deeper than its source.
  const file = firstThatExists('package.json', ['../..', '../../..'], 'it belongs to the project');
  const { scripts } = packageSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const command = Object.values(scripts).find((script) => script.endsWith(` dist/src/${entryPoint}.js`)) ?? '';
  return / node (.+ )?dist\/src/.exec(command)?.[1]?.trim().split(/\s+/) ?? [];
}

function firstThatExists(name: string, folders: readonly string[], otherwise: string): string {
  const candidates = folders.map((folder) => path.join(__dirname, folder, name));
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found === undefined) throw new Error(`${name} is not there: ${otherwise}`);
  return found;
}
