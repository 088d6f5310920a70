import { Alert, Button, Group, Progress, SimpleGrid, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { api, read } from '../../api/client';
import { useLive } from '../../api/live';
import { useConfirm } from '../../components/confirm';
import { showDone } from '../../components/notify';
import { Page } from '../../components/page';
import { Loaded } from '../../components/states';
import { Status } from '../../components/status';
import { Time } from '../../components/time';
import { wordsFor } from './import-fields';
import { Refusals } from './import-refusals';
import type { Import } from './imports';
import { useLists } from './queries';

export function ImportPage() {
  const { id = '' } = useParams();
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: ['imports', 'one', id],
    queryFn: () => read(api.GET('/api/v1/imports/{id}', { params: { path: { id } } })),
    // Progress is what one waits for here: it moves even where no news come.
    refetchInterval: ({ state }) => (isUnderWay(state.data) ? 1_000 : false),
  });
  useLive('imports', ({ ids, isAll }) => {
    if (isAll || ids.includes(id)) void queries.invalidateQueries({ queryKey: ['imports', 'one', id] });
  });
  const found = query.data;
  return (
    <Page
      title={found?.fileName ?? 'Import'}
      back={{ to: '/imports', label: 'Imports' }}
      actions={found && isUnderWay(found) ? <Cancel found={found} /> : null}
    >
      <Loaded query={query}>
        {(data) => (
          <Stack gap="xl">
            <ProgressOf found={data} />
            <Refusals found={data} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function isUnderWay(found: Import | undefined): boolean {
  return found?.status === 'pending' || found?.status === 'running';
}

function ProgressOf({ found }: { found: Import }) {
  const { status, total, processed, created, updated, unchanged, refused, createdAt, endedAt, listIds } = found;
  const { nameOf } = useLists();
  const shares = [
    { label: 'New', count: created, color: 'teal' },
    { label: found.policy === 'skip' ? 'Changed or put on a list' : 'Updated', count: updated, color: 'indigo' },
    { label: found.policy === 'skip' ? 'Left as they were' : 'Unchanged', count: unchanged, color: 'gray' },
    { label: 'Refused', count: refused, color: 'red' },
  ];
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Status value={status} />
        <Text size="sm" className="numbers" role="status">
          {processed.toLocaleString()} of {total.toLocaleString()} lines
        </Text>
        <Text size="sm" c="dimmed">
          started <Time at={createdAt} />
          {endedAt === null ? null : (
            <>
              , ended <Time at={endedAt} />
            </>
          )}
        </Text>
      </Group>
      <Progress.Root size="lg" aria-label="Lines worked off">
        {shares.map(({ label, count, color }) => (
          <Progress.Section
            key={label}
            value={total === 0 ? 0 : (100 * count) / total}
            color={color}
            aria-label={`${label}: ${count}`}
          />
        ))}
      </Progress.Root>
      <SimpleGrid cols={{ base: 2, sm: 4 }}>
        {shares.map(({ label, count }) => (
          <div key={label}>
            <Text size="xs" c="dimmed">
              {label}
            </Text>
            <Text size="xl" fw={600} className="numbers">
              {count.toLocaleString()}
            </Text>
          </div>
        ))}
      </SimpleGrid>
      <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {listIds.length === 0 ? 'Put on no list.' : `Put on ${listIds.map(nameOf).join(', ')}.`}{' '}
        {found.columns
          .map(({ column, field }) => `${column === '' ? '(no name)' : column} → ${wordsFor(field)}`)
          .join(' · ')}
      </Text>
      {status === 'completed' ? (
        <Group>
          <Button
            component={Link}
            to={listIds[0] === undefined ? '/contacts' : `/contacts?list=${listIds[0]}`}
            variant="light"
          >
            See the contacts
          </Button>
        </Group>
      ) : null}
      {status === 'cancelled' ? (
        <Alert color="gray" title="Stopped">
          What was imported until then stays. The rest of the file was left out; import it again to go on.
        </Alert>
      ) : null}
    </Stack>
  );
}

function Cancel({ found: { id } }: { found: Import }) {
  const ask = useConfirm();
  const queries = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => read(api.POST('/api/v1/imports/{id}/cancel', { params: { path: { id } } })),
    onSuccess: async (data) => {
      queries.setQueryData(['imports', 'one', id], data);
      showDone('The import is stopped.');
      await queries.invalidateQueries({ queryKey: ['imports', 'pages'] });
    },
  });
  const onClick = async (): Promise<void> => {
    const isSure = await ask({
      title: 'Stop this import?',
      text: 'What was imported so far stays; the other lines are left out.',
      action: 'Stop import',
      isDangerous: true,
    });
    if (isSure) cancel.mutate();
  };
  return (
    <Button variant="light" color="red" loading={cancel.isPending} onClick={() => void onClick()}>
      Stop
    </Button>
  );
}
