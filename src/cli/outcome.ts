/** What a command ends with; scripts go by it, and `esx --help` lists it. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, notThere: 3 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a command. The message names what is wrong and what to do; it never holds a key. */
export class CliError extends Error {
  constructor(
    message: string,
    readonly exitCode: ExitCode = exitCodes.failed,
    /** It may be otherwise in a moment. */
    readonly isTemporary = false,
  ) {
    super(message);
  }
}

export function usageError(message: string): CliError {
  return new CliError(message, exitCodes.usage);
}
