import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Compiles to dist/ and bundles the workflows, unless nothing has changed since the last time: a start must not wait for it. */
const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const marker = path.join(root, 'dist/.built');
const inputs = [
  'domain',
  'workflows',
  'activities',
  'src',
  'scripts',
  'bench',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
].filter((name) => existsSync(path.join(root, name))); // An image is built without the bench.

function newestMs(name) {
  const stats = statSync(name);
  if (!stats.isDirectory()) return stats.mtimeMs;
  // What the bench writes is no reason to compile again.
  const children = readdirSync(name).filter((child) => child !== 'results');
  return Math.max(stats.mtimeMs, ...children.map((child) => newestMs(path.join(name, child))));
}

const changedMs = Math.max(...inputs.map((name) => newestMs(path.join(root, name))));
if (!existsSync(marker) || statSync(marker).mtimeMs <= changedMs) {
  const run = (script, ...args) =>
    execFileSync(process.execPath, [path.join(root, script), ...args], { cwd: root, stdio: 'inherit' });
  rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
  run('dist/scripts/bundle-workflows.js');
  writeFileSync(marker, '');
}
