#!/usr/bin/env node
'use strict';

const { execFileSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
// An image is built without the compiler, and has nothing to build.
if (existsSync(path.join(root, 'node_modules/typescript')) && existsSync(path.join(root, 'scripts/build.mjs'))) {
  try {
    // What a build says must not come between what the command answers.
    execFileSync(process.execPath, [path.join(root, 'scripts/build.mjs'), 'server'], { stdio: ['ignore', 2, 2] });
  } catch {
    process.stderr.write('esx: the build failed; its errors stand above\n');
    process.exit(1);
  }
}
require(path.join(root, 'dist/src/cli/main.js')).runAsProcess();
