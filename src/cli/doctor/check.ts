import { CliError } from '../outcome';
import { firstLine } from '../engines';

export type CheckStatus = 'ok' | 'warn' | 'fail';

/** One thing that was looked at. What is not fine says what to do. */
export interface Check {
  name: string;
  status: CheckStatus;
  detail: string;
  remedy?: string;
}

export const ok = (name: string, detail: string): Check => ({ name, status: 'ok', detail });
export const warn = (name: string, detail: string, remedy: string): Check => ({ name, status: 'warn', detail, remedy });
export const fail = (name: string, detail: string, remedy: string): Check => ({ name, status: 'fail', detail, remedy });

/** A look that fails in a way that nobody thought of is a finding like any other. */
export async function look(name: string, remedy: string, work: () => Promise<Check[] | Check>): Promise<Check[]> {
  try {
    return [await work()].flat();
  } catch (error) {
    const detail = error instanceof CliError ? error.message : firstLine(error);
    return [fail(name, detail, remedy)];
  }
}
