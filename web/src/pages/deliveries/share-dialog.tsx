import { Alert, Button, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, read } from '../../api/client';
import { CopyText } from '../../components/copy';
import { ErrorNote } from '../../components/states';
import { Time } from '../../components/time';

const times = [
  { value: '1', label: '1 hour' },
  { value: '24', label: '24 hours' },
  { value: '72', label: '3 days' },
  { value: '168', label: '7 days' },
];

interface ShareDialogProps {
  deliveryId: string;
  isOpen: boolean;
  onClose: () => void;
}

/** Links to one delivery for the people of the receiver, who have no account here. */
export function ShareDialog({ deliveryId, isOpen, onClose }: ShareDialogProps) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="Share this delivery" size="lg">
      <Share deliveryId={deliveryId} />
    </Modal>
  );
}

function Share({ deliveryId }: { deliveryId: string }) {
  const queries = useQueryClient();
  const [hours, setHours] = useState('24');
  const path = { id: deliveryId };
  const queryKey = ['shares', deliveryId];
  const shares = useQuery({
    queryKey,
    queryFn: () => read(api.GET('/api/v1/webhook-deliveries/{id}/shares', { params: { path } })),
  });
  const onSettled = () => queries.invalidateQueries({ queryKey });
  const make = useMutation({
    mutationFn: () =>
      read(api.POST('/api/v1/webhook-deliveries/{id}/shares', { params: { path }, body: { hours: Number(hours) } })),
    onSettled,
  });
  const revoke = useMutation({
    mutationFn: (shareId: string) =>
      api.DELETE('/api/v1/webhook-deliveries/{id}/shares/{shareId}', { params: { path: { ...path, shareId } } }),
    onSuccess: (_answer, shareId) => {
      if (make.data?.id === shareId) make.reset();
    },
    onSettled,
  });
  return (
    <Stack>
      <Text size="sm">
        Whoever has the link sees the timeline, the attempts and the payload with personal data and secrets masked, and
        can check a signature. It needs no account, and can be revoked here.
      </Text>
      <Group align="flex-end">
        <Select
          label="Works for"
          data={times}
          value={hours}
          onChange={(value) => setHours(value ?? '24')}
          allowDeselect={false}
          w={160}
        />
        <Button loading={make.isPending} onClick={() => make.mutate()}>
          Make a link
        </Button>
      </Group>
      {make.data ? (
        <Alert color="teal" title="Copy it now: it is shown only here" role="status">
          <CopyText value={make.data.url} label="link" />
        </Alert>
      ) : null}
      {shares.error ? <ErrorNote error={shares.error} onRetry={() => void shares.refetch()} /> : null}
      {shares.data && shares.data.data.length > 0 ? (
        <Stack gap="xs" component="ul" p={0} m={0} aria-label="Links that work now" style={{ listStyle: 'none' }}>
          {shares.data.data.map(({ id, createdAt, expiresAt }) => (
            <Group key={id} component="li" justify="space-between">
              <Text size="sm">
                Made <Time at={createdAt} isRelative />, works until <Time at={expiresAt} />
              </Text>
              <Button size="xs" variant="default" loading={revoke.isPending} onClick={() => revoke.mutate(id)}>
                Revoke
              </Button>
            </Group>
          ))}
        </Stack>
      ) : null}
    </Stack>
  );
}
