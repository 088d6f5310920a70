import { usageError } from './outcome';

export type Environment = Record<string, string | undefined>;

/** Where the server is, and the key that it is called with. */
export interface CliSettings {
  url: string;
  apiKey: string | undefined;
}

const defaultUrl = 'http://127.0.0.1:3000';

/** Options come before settings of the environment. */
export function readSettings(
  env: Environment,
  given: { url?: string | undefined; key?: string | undefined },
): CliSettings {
  const url = given.url ?? env['ESX_URL'] ?? '';
  const key = given.key ?? env['ESX_API_KEY'] ?? '';
  return {
    url: url.trim() === '' ? defaultUrl : readUrl(given.url === undefined ? 'ESX_URL' : '--url', url.trim()),
    apiKey: key.trim() === '' ? undefined : readKey(given.key === undefined ? 'ESX_API_KEY' : '--key', key.trim()),
  };
}

function readUrl(name: string, text: string): string {
  if (!/^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : ''))
    throw usageError(`${name} ${text}: must be the http(s) URL of the server, such as ${defaultUrl}`);
  const { username, password } = new URL(text);
  // Not repeated either: whatever is said of the server names its URL.
  if (username !== '' || password !== '')
    throw usageError(`${name}: must be without a user and a password in it; the key alone lets esx in`);
  return text.replace(/\/+$/, '');
}

function readKey(name: string, text: string): string {
  // Not repeated: it may be a key with something beside it.
  if (!/^[\x21-\x7e]+$/.test(text)) throw usageError(`${name}: must be a key such as esx_live_…, without spaces in it`);
  return text;
}

/** Colours are left out where the environment says so: https://no-color.org. */
export function isColourless(env: Environment): boolean {
  return (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
}
