import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, brotliCompressSync, gzipSync } from 'node:zlib';

/**
 * Compiles the server to dist/ and bundles the workflows; builds the dashboard to dist/web. Each only if something of it
 * has changed since the last time: a start must not wait for it. `build.mjs server` leaves the dashboard out.
 */
const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const run = (script, ...args) =>
  execFileSync(process.execPath, [path.join(root, script), ...args], { cwd: root, stdio: 'inherit' });

const serverInputs = [
  'domain',
  'workflows',
  'activities',
  'src',
  'scripts',
  'bench',
  'tsconfig.json',
  'tsconfig.build.json',
];
buildIfChanged([...serverInputs, 'package-lock.json'], 'dist/.built', () => {
  for (const folder of readdirSync(at('dist'), { withFileTypes: true })) {
    // The dashboard is built apart.
    if (folder.name !== 'web' && folder.name !== '.built-web') rmSync(at('dist', folder.name), { recursive: true });
  }
  run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
  run('dist/scripts/bundle-workflows.js');
});

if (process.argv[2] !== 'server')
  buildIfChanged(['web', 'scripts/build.mjs', 'package-lock.json'], 'dist/.built-web', () => {
    run('node_modules/vite/bin/vite.js', 'build', 'web', '--logLevel', 'warn');
    for (const name of readdirSync(at('dist/web'), { recursive: true })) compress(at('dist/web', name));
  });

function buildIfChanged(inputs, marker, build) {
  // An image is built without the bench.
  const changedMs = Math.max(
    ...inputs
      .map((name) => at(name))
      .filter(existsSync)
      .map(newestMs),
  );
  if (existsSync(at(marker)) && statSync(at(marker)).mtimeMs > changedMs) return;
  rmSync(at(marker), { force: true });
  mkdirSync(at('dist'), { recursive: true });
  build();
  writeFileSync(at(marker), '');
}

/** Beside each file as it is served to browsers that take it: compressed once, not for each of them. */
function compress(file) {
  if (!/\.(js|css|svg|html)$/.test(file)) return;
  const content = readFileSync(file);
  writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
  writeFileSync(`${file}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
}

function newestMs(name) {
  const stats = statSync(name);
  if (!stats.isDirectory()) return stats.mtimeMs;
  // What the bench writes and the types that are made are no reason to build again.
  const children = readdirSync(name).filter((child) => child !== 'results' && child !== 'schema.d.ts');
  return Math.max(stats.mtimeMs, ...children.map((child) => newestMs(path.join(name, child))));
}

function at(...parts) {
  return path.join(root, ...parts);
}
