import { Anchor, Group, Stack, Title } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { api, read } from '../../api/client';
import { usePages } from '../../api/pages';
import { Listing, type Column } from '../../components/listing';
import { Empty } from '../../components/states';
import { Wrapped } from './contact-columns';
import type { Import } from './imports';

type Refusal = { id: string; line: number; reason: string; raw: string };

/** The lines that were not imported, each with its reason. */
export function Refusals({ found: { id, refused, status } }: { found: Import }) {
  const list = usePages<Refusal>(['imports', 'refusals', id, refused], async (cursor) => {
    const page = await read(
      api.GET('/api/v1/imports/{id}/refusals', {
        params: { path: { id }, query: { limit: 50, ...(cursor === undefined ? {} : { cursor }) } },
      }),
    );
    return { ...page, data: page.data.map((row) => ({ ...row, id: String(row.line) })) };
  });
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Title order={2} size="h4">
          Refused lines
        </Title>
        {refused > 0 ? (
          <Anchor href={`/api/v1/imports/${encodeURIComponent(id)}/refused.csv`} download size="sm">
            <Group gap={4}>
              <IconDownload size={16} aria-hidden />
              Download all as CSV
            </Group>
          </Anchor>
        ) : null}
      </Group>
      <Listing
        label="Refused lines"
        list={list}
        columns={refusalColumns}
        empty={
          <Empty title={status === 'completed' ? 'Every line was imported' : 'None so far'}>
            Lines that cannot be imported stand here, each with its reason.
          </Empty>
        }
      />
    </Stack>
  );
}

const refusalColumns: Column<Refusal>[] = [
  { title: 'Line', cell: ({ line }) => line, width: 80 },
  { title: 'Why', cell: ({ reason }) => reason },
  {
    title: 'What it says',
    cell: ({ raw }) => (raw === '' ? '–' : <Wrapped>{raw}</Wrapped>),
  },
];
