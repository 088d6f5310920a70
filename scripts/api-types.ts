import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { managementRoutes } from '../src/http/management';
import { createOpenApi } from '../src/http/openapi';

/** The routes are only described here: nothing that they work on has to exist. */
const nothing: any = new Proxy(() => nothing, { get: () => nothing });

const file = path.join(__dirname, '../web/src/api/schema.d.ts');

/** Writes the types of the API for the dashboard, made from the zod schemas. They are not kept in git. */
async function main(): Promise<void> {
  const { default: openapiTypescript, astToString } = await import('openapi-typescript');
  const document = createOpenApi(managementRoutes(nothing), '0');
  const types = await openapiTypescript(JSON.stringify(document), { alphabetize: true });
  await writeFile(file, astToString(types));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
