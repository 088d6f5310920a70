import { Api } from './api';
import type { Cli } from './command';
import { readSettings } from './settings';

/** The API that the options and the environment name. */
export function connect(values: { url?: string | undefined; key?: string | undefined }, cli: Cli): Api {
  return new Api(readSettings(cli.env, values));
}
