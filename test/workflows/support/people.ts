import { Readable } from 'node:stream';
import { readCsv } from '../../../src/imports/read-csv';
import type { ImportDocument } from '../../../src/mongo/imports';
import { newId } from '../../../src/mongo/new-id';
import type { Scene } from './scene';
import { until } from './until';

/** A CSV file as the gateway stores it; its workflow is not started. */
export async function storeImport(
  { place, workspaceId }: Scene,
  lines: string[],
  listIds: string[] = [],
): Promise<string> {
  await place.readClock();
  const { imports } = place.stores;
  const id = newId('import');
  const at = new Date(place.now());
  const source = Readable.from([Buffer.from(lines.join('\n'))]);
  const sizes = await readCsv(
    source,
    { map: new Map() },
    {
      header: ({ columns }) =>
        imports.begin({
          ...{ _id: id, workspaceId, status: 'uploading', listIds, columns, total: 0, processed: 0, chunks: 0 },
          ...{ created: 0, updated: 0, unchanged: 0, refused: 0, createdAt: at, touchedAt: at },
        }),
      chunk: (chunk) => imports.addChunk(id, workspaceId, chunk, at),
    },
  );
  await imports.finishUpload(id, sizes);
  return id;
}

/** A file of so many people that nobody knows yet. */
export function people(count: number, name = 'p'): string[] {
  return [
    'email,first name',
    ...Array.from({ length: count }, (_each, row) => `${name}${row}@example.com,Name ${row}`),
  ];
}

export async function importOf({ place, workspaceId }: Scene, id: string): Promise<ImportDocument> {
  const found = await place.stores.imports.get(workspaceId, id);
  if (!found) throw new Error(`no import ${id}`);
  return found;
}

export function untilImported(scene: Scene, id: string): Promise<ImportDocument> {
  return until(`import ${id} is completed`, async () => {
    const found = await importOf(scene, id);
    return found.status === 'completed' && found;
  });
}
