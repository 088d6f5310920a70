import { execFile } from 'node:child_process';
import type { BinaryName } from './installers';

interface Probe {
  says: RegExp;
  atLeast?: readonly [major: number, minor: number];
}

const PROBES: Record<BinaryName, Probe> = {
  // From this version on the server knows what the workflows use: conflict policies, static summaries, eager start.
  temporal: { says: /temporal version (\d+)\.(\d+)/, atLeast: [1, 4] },
  mongod: { says: /db version v(\d+)\.(\d+)/, atLeast: [6, 0] },
  // It knows no --version; what it prints instead carries its name.
  'temporal-test-server': { says: /testserver/i },
};

/** Runs the program with --version; returns why it is of no use here, or undefined when it is good. */
export async function checkBinary(binary: BinaryName, path: string): Promise<string | undefined> {
  const { says, atLeast } = PROBES[binary];
  const output = await versionOutput(path);
  const match = says.exec(output);
  if (match === null) return `it does not run here (${output.trim().split('\n').at(-1)?.slice(0, 200)})`;
  if (atLeast === undefined) return undefined;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  const isOld = major < atLeast[0] || (major === atLeast[0] && minor < atLeast[1]);
  return isOld ? `it is version ${major}.${minor}, and ${atLeast.join('.')} is the oldest that will do` : undefined;
}

function versionOutput(path: string): Promise<string> {
  return new Promise((resolve) => {
    // The exit code says nothing here: the test server ends with an error and is good all the same.
    execFile(path, ['--version'], { encoding: 'utf8', timeout: 15_000 }, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`;
      resolve(output.trim() === '' && error !== null ? error.message : output);
    });
  });
}
