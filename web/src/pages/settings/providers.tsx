import { Group, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, read } from '../../api/client';
import { useConfirm } from '../../components/confirm';
import { CopyText } from '../../components/copy';
import { GuardedButton } from '../../components/guarded-button';
import { Listing, type Column } from '../../components/listing';
import { showDone } from '../../components/notify';
import { Empty } from '../../components/states';
import { Status } from '../../components/status';
import { AddProvider } from './add-provider';
import { useOwnerReason } from '../../components/owner-reason';
import { providerNames } from './provider-forms';
import { RemoveButton } from '../../components/remove-button';

const loadProviders = () => read(api.GET('/api/v1/providers', { params: { query: { limit: 250 } } }));
type Provider = Awaited<ReturnType<typeof loadProviders>>['data'][number];

const columns: Column<Provider>[] = [
  { title: 'Provider', cell: ({ provider }) => providerNames[provider] },
  { title: 'URL to enter there', cell: ({ url, provider }) => <CopyText value={url} label={`URL for ${provider}`} /> },
  {
    title: 'Status',
    cell: ({ status }) => (
      <Status value={status} reason={status === 'pending' ? 'Amazon has not confirmed the subscription yet' : null} />
    ),
  },
  {
    title: 'Deliveries',
    isMinor: true,
    cell: ({ reportsDeliveries }) => (reportsDeliveries ? 'by its notices' : 'by the answer of SMTP'),
  },
  { title: 'Actions', align: 'right', cell: (provider) => <Remove provider={provider} /> },
];

/** Services that report bounces, complaints and deliveries by a webhook of theirs. */
export function Providers() {
  const query = useQuery({ queryKey: ['providers'], queryFn: loadProviders, refetchInterval: 15_000 });
  const [isAdding, setIsAdding] = useState(false);
  const ownerReason = useOwnerReason();
  const add = (
    <GuardedButton variant="light" reason={ownerReason} onClick={() => setIsAdding(true)}>
      Add provider
    </GuardedButton>
  );
  return (
    <Stack gap="md" component="section" aria-labelledby="providers">
      <Group justify="space-between">
        <Title order={2} size="h4" id="providers">
          Providers
        </Title>
        {add}
      </Group>
      <Text size="sm" c="dimmed">
        Where your SMTP server belongs to a service, it can report bounces, complaints and deliveries to a URL of this
        server.
      </Text>
      <Listing
        label="Providers"
        list={{ rows: query.data?.data, query }}
        columns={columns}
        empty={
          <Empty title="No provider yet">
            Add the service behind your SMTP server; the answer is the URL to enter there.
          </Empty>
        }
      />
      <AddProvider isOpen={isAdding} onClose={() => setIsAdding(false)} />
    </Stack>
  );
}

function Remove({ provider: { id, provider } }: { provider: Provider }) {
  const ask = useConfirm();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.DELETE('/api/v1/providers/{id}', { params: { path: { id } } }),
    onSuccess: () => {
      showDone('The provider is removed.');
      return queries.invalidateQueries({ queryKey: ['providers'] });
    },
  });
  const onClick = async (): Promise<void> => {
    const isSure = await ask({
      title: `Remove ${providerNames[provider]}?`,
      text: 'Its reports are refused from then on: bounces and complaints that it alone knows of are not heard any more.',
      action: 'Remove provider',
      isDangerous: true,
    });
    if (isSure) remove.mutate();
  };
  return (
    <RemoveButton
      label={`Remove ${providerNames[provider]}`}
      isPending={remove.isPending}
      reason={useOwnerReason()}
      onClick={() => void onClick()}
    />
  );
}
