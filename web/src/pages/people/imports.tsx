import { Button, Group, Progress, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import { api, read } from '../../api/client';
import { useLive } from '../../api/live';
import { usePages } from '../../api/pages';
import { Listing, type Column } from '../../components/listing';
import { Page } from '../../components/page';
import { Empty } from '../../components/states';
import { Status } from '../../components/status';
import { Time } from '../../components/time';
import { Wrapped } from './contact-columns';

const loadImports = (cursor: string | undefined) =>
  read(api.GET('/api/v1/imports', { params: { query: { limit: 50, ...(cursor === undefined ? {} : { cursor }) } } }));
export type Import = Awaited<ReturnType<typeof loadImports>>['data'][number];

export function ImportsPage() {
  const queries = useQueryClient();
  const list = usePages(['imports', 'pages'], loadImports);
  useLive('imports', () => void queries.invalidateQueries({ queryKey: ['imports'] }));
  const start = (
    <Button component={Link} to="/imports/new">
      Import a CSV
    </Button>
  );
  return (
    <Page title="Imports" about="CSV files of contacts, and how far each has come." actions={start}>
      <Listing
        label="Imports"
        list={list}
        columns={columns}
        href={({ id }) => `/imports/${id}`}
        empty={
          <Empty title="No imports yet" action={start}>
            Bring the contacts that you have as a CSV file: you see how its columns are read before anything is
            imported.
          </Empty>
        }
      />
    </Page>
  );
}

const columns: Column<Import>[] = [
  { title: 'File', cell: ({ fileName, id }) => <Wrapped>{fileName ?? id}</Wrapped> },
  { title: 'Status', cell: ({ status }) => <Status value={status} /> },
  { title: 'Progress', cell: (row) => <Bar found={row} />, width: 180 },
  { title: 'New', align: 'right', isMinor: true, cell: ({ created }) => created.toLocaleString() },
  { title: 'Refused', align: 'right', cell: ({ refused }) => refused.toLocaleString() },
  { title: 'Started', isMinor: true, cell: ({ createdAt }) => <Time at={createdAt} isRelative /> },
];

function Bar({ found: { processed, total } }: { found: Import }) {
  return (
    <Group gap="xs" wrap="nowrap">
      <Progress value={total === 0 ? 0 : (100 * processed) / total} w={80} aria-label="Lines worked off" />
      <Text size="xs" className="numbers">
        {processed.toLocaleString()} of {total.toLocaleString()}
      </Text>
    </Group>
  );
}
