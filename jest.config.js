/** Written as ES modules only, which jest on Node 20 loads when they are transformed. */
const esModules = ['better-auth', '@better-auth', 'jose', '@noble', 'rou3'];

const toCommonJs = [
  '@swc/jest',
  {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
];

/** @type {import('jest').Config} */
const base = {
  testEnvironment: 'node',
  transform: { '^.+\\.ts$': toCommonJs, '/node_modules/.+\\.m?js$': toCommonJs },
  transformIgnorePatterns: [`/node_modules/(?!(.*/node_modules/)?(${esModules.join('|')})/)`],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.data/'],
};

module.exports = {
  reporters: ['default', '<rootDir>/test/support/plain-summary.js'],
  testTimeout: 60_000,
  ...base,
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  // More than there are cores on a small machine: much of what a test does is to wait for other processes.
  maxWorkers: 3,
};
