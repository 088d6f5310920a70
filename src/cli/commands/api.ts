import { text as readText } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { commonHelp, commonOptions, parsed, type Command } from '../command';
import { connect } from '../connection';
import { exitCodes, usageError } from '../outcome';
import { plainLines } from '../output';

const name = 'api';
const methods = ['GET', 'POST', 'PATCH', 'DELETE', 'PUT'];

const help = `esx api <method> <path> [options]

Any call below /api/v1: esx api GET /lists, esx api POST /lists --data '{"name":"Readers"}'. GET /docs of the server
describes them all.

  --data JSON    the body; - reads it from the standard input
  --all          goes through all pages of a list; each row becomes one line of JSON
${commonHelp}`;

export const api: Command = {
  help,
  async run(args, cli) {
    const { values, positionals } = parsed(name, () =>
      parseArgs({
        args,
        allowPositionals: true,
        options: { ...commonOptions, data: { type: 'string' }, all: { type: 'boolean', default: false } },
      }),
    );
    const { method, path } = readCall(positionals);
    const text = values.data === '-' ? await readText(cli.input) : values.data;
    const body = text === undefined ? undefined : readBody(text);
    const connection = connect(values, cli);
    if (!values.all) {
      const { json } = await connection.call(method, path, { body });
      if (json === undefined) return exitCodes.ok;
      if (values.json) cli.out.json(json);
      else plainLines(JSON.stringify(json, null, 2)).forEach((line) => cli.out.line(line));
      return exitCodes.ok;
    }
    for (let cursor: string | null = ''; cursor !== null;) {
      const at: string = cursor === '' ? '' : `${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`;
      const page = pageSchema.safeParse((await connection.call(method, path + at)).json);
      if (!page.success) throw usageError(`--all: ${path} is not a list with pages; leave --all out`);
      page.data.data.forEach((row) => cli.out.json(row));
      cursor = page.data.nextCursor;
    }
    return exitCodes.ok;
  },
};

const pageSchema = z.object({ data: z.array(z.unknown()), nextCursor: z.string().nullable() });

function readCall(positionals: readonly string[]): { method: string; path: string } {
  const [given = '', path, ...rest] = positionals;
  const method = given.toUpperCase();
  if (!methods.includes(method)) throw usageError(`the method: write esx api ${methods.join('|')} <path>`);
  if (path === undefined) throw usageError(`the path is missing; write esx api ${method} /lists`);
  if (rest.length > 0) throw usageError(`esx api takes a method and a path; ${rest.join(' ')} is too much`);
  const below = path.startsWith('/') ? path : `/${path}`;
  return { method, path: below.startsWith('/api/') ? below : `/api/v1${below}` };
}

function readBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usageError(`--data: is not JSON: ${error instanceof Error ? error.message : ''}`);
  }
}
