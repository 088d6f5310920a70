import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, read } from '../../api/client';
import { mapOf, type Choice } from './import-fields';

export type Delimiter = 'comma' | 'semicolon' | 'tab';
export interface Reading {
  choices: ReadonlyMap<string, Choice>;
  /** Absent: as the server sees it. */
  delimiter: Delimiter | undefined;
}

/** Enough for the lines that are shown. */
const previewBytes = 128 * 1024;
const csv = { 'content-type': 'text/csv' };

/** How the server would read the file; asked again whenever something was chosen. */
export function usePreview(file: File, { choices, delimiter }: Reading) {
  const map = mapOf(choices);
  const isPart = file.size > previewBytes;
  return useQuery({
    queryKey: ['import-preview', file.name, file.size, file.lastModified, map, delimiter],
    queryFn: () =>
      read(
        api.POST('/api/v1/contacts/import/preview', {
          params: { query: { map, part: isPart ? 'true' : 'false', ...(delimiter ? { delimiter } : {}) } },
          ...fileAsBody(file.slice(0, previewBytes)),
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  });
}

export function startImport(
  file: File,
  wanted: Reading & { listIds: string[]; policy: 'update' | 'skip'; idempotencyKey: string },
) {
  const { choices, delimiter, listIds, policy, idempotencyKey } = wanted;
  const query = {
    ...{ map: mapOf(choices), listId: listIds, policy, fileName: file.name.slice(-200) },
    ...(delimiter ? { delimiter } : {}),
  };
  const { headers, ...body } = fileAsBody(file);
  return read(
    api.POST('/api/v1/contacts/import', {
      params: { query, header: { 'Idempotency-Key': idempotencyKey } },
      headers: { ...headers, 'Idempotency-Key': idempotencyKey },
      ...body,
    }),
  );
}

/** The file itself, as its bytes are: read as text it would lose what is not UTF-8. */
function fileAsBody(file: Blob) {
  return { body: '', bodySerializer: () => file, headers: csv };
}
