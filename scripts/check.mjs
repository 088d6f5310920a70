import { spawn } from 'node:child_process';

/** Types, lint and build, side by side: each keeps one core busy. The types of the API come first, as the others read them. */
const steps = [['api-types'], ['types', 'lint', 'build']];

for (const names of steps) {
  const codes = await Promise.all(names.map(run));
  if (codes.some((code) => code !== 0)) process.exit(1);
}

function run(name) {
  const child = spawn('npm', ['run', '--silent', name], { stdio: 'inherit' });
  return new Promise((resolve) => child.once('exit', resolve));
}
