import { Anchor, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, read } from '../../api/client';
import { useConfirm } from '../../components/confirm';
import { GuardedButton } from '../../components/guarded-button';
import { Listing, type Column } from '../../components/listing';
import { showDone } from '../../components/notify';
import { useOwnerReason } from '../../components/owner-reason';
import { RemoveButton } from '../../components/remove-button';
import { Empty } from '../../components/states';
import { Status } from '../../components/status';
import { Time } from '../../components/time';
import { SettingsPage } from '../../layout/settings-tabs';
import { NewApiKey } from './new-api-key';

const loadKeys = () => read(api.GET('/api/v1/api-keys'));
type ApiKey = Awaited<ReturnType<typeof loadKeys>>['data'][number];

export function ApiKeysPage() {
  const query = useQuery({ queryKey: ['api-keys'], queryFn: loadKeys, refetchInterval: 30_000 });
  const [isAdding, setIsAdding] = useState(false);
  const ownerReason = useOwnerReason();
  const rows = query.data?.data;
  const live = rows?.filter(({ revokedAt }) => revokedAt === null).length ?? 0;
  const create = (
    <GuardedButton reason={ownerReason} onClick={() => setIsAdding(true)}>
      Create a key
    </GuardedButton>
  );
  return (
    <SettingsPage
      title="API"
      about="Keys for the platforms that send events, and for programs that call the API."
      actions={create}
    >
      <Listing
        label="API keys"
        list={{ rows, query }}
        columns={columnsOf((key) => (
          <Revoke apiKey={key} reason={ownerReason ?? (live === 1 ? lastKeyReason : undefined)} />
        ))}
        empty={
          <Empty title="No keys yet" action={create}>
            Segment and RudderStack send a key with their events. Create one for each, so that one can be revoked
            without the other.
          </Empty>
        }
      />
      <Text size="sm" c="dimmed" mt="md">
        A program sends its key as <code>Authorization: Bearer esx_live_…</code>; all calls stand in the{' '}
        <Anchor href="/docs" target="_blank" inherit>
          API reference
        </Anchor>
        .
      </Text>
      <NewApiKey isOpen={isAdding} onClose={() => setIsAdding(false)} />
    </SettingsPage>
  );
}

const lastKeyReason = 'It is the last key of the workspace. Create another one first.';

function columnsOf(action: (key: ApiKey) => React.ReactNode): Column<ApiKey>[] {
  return [
    {
      title: 'Name',
      cell: ({ name }) => (
        <Text inherit style={{ overflowWrap: 'anywhere' }}>
          {name}
        </Text>
      ),
    },
    { title: 'Key', cell: ({ display }) => <span className="mono">{display}</span> },
    { title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} isRelative />, isMinor: true },
    {
      title: 'Last used',
      cell: ({ lastUsedAt }) => (lastUsedAt === null ? 'never' : <Time at={lastUsedAt} isRelative />),
    },
    {
      title: 'Status',
      cell: ({ revokedAt }) =>
        revokedAt === null ? (
          <Status value="active" />
        ) : (
          <Status value="revoked" reason={`since ${new Date(revokedAt).toLocaleString()}`} />
        ),
    },
    { title: 'Actions', align: 'right', cell: (key) => (key.revokedAt === null ? action(key) : null) },
  ];
}

function Revoke({ apiKey, reason }: { apiKey: ApiKey; reason: string | undefined }) {
  const ask = useConfirm();
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => api.DELETE('/api/v1/api-keys/{id}', { params: { path: { id: apiKey.id } } }),
    onSuccess: () => {
      showDone(`The key “${apiKey.name}” is revoked.`);
      return queries.invalidateQueries({ queryKey: ['api-keys'] });
    },
  });
  const onClick = async (): Promise<void> => {
    const isSure = await ask({
      title: `Revoke “${apiKey.name}”?`,
      text: `Whoever sends ${apiKey.display} is refused from then on: events of a platform that uses it do not come in any more. It cannot be undone.`,
      action: 'Revoke key',
      isDangerous: true,
    });
    if (isSure) revoke.mutate();
  };
  return (
    <RemoveButton
      label={`Revoke ${apiKey.name}`}
      verb="Revoke"
      isPending={revoke.isPending}
      reason={reason}
      onClick={() => void onClick()}
    />
  );
}
