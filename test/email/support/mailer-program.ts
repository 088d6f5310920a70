import path from 'node:path';

/** Runs the sources as they are. */
export const hookArguments = ['--require', path.join(__dirname, '../../support/typescript-hook.js')];
/** The mailer process from the sources, and not from what the last build made of them. */
export const program = {
  path: path.join(__dirname, '../../../src/email/mailer-process.ts'),
  execArgv: hookArguments,
};
