import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';

const prefix = 'esx-workflow-bundle-';
const workflowsPath = require.resolve('../../../workflows');

/** The bundle of the workflows as they are now; made by the first test file of a change, found by all others. */
export async function workflowCode(): Promise<string> {
  const file = path.join(tmpdir(), `${prefix}${fingerprint()}.js`);
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error },
  });
  // Two jest workers may write at once: each renames a whole file into place.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, code);
  renameSync(draft, file);
  removeStale();
  return code;
}

/** Bundles of earlier states of the sources would pile up; one that is still in use is younger than this. */
function removeStale(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    const file = path.join(tmpdir(), name);
    const changedMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - changedMs > 3_600_000) rmSync(file, { force: true });
  }
}

/** Everything that ends up in the bundle: activities are imported for their types alone. */
function fingerprint(): string {
  const hash = createHash('sha256').update(workflowsPath);
  const root = path.join(path.dirname(workflowsPath), '..');
  for (const folder of ['workflows', 'domain']) {
    for (const name of readdirSync(path.join(root, folder)).sort()) {
      hash.update(name).update(readFileSync(path.join(root, folder, name)));
    }
  }
  hash.update(readFileSync(require.resolve('@temporalio/workflow/package.json')));
  return hash.digest('hex').slice(0, 16);
}
