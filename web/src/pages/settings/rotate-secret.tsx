import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, read } from '../../api/client';
import { Time } from '../../components/time';
import { useRefreshEndpoints, type Endpoint } from './queries';
import { SecretOnce } from '../../components/secret-once';

const overlaps = [
  { value: '24', label: '24 hours' },
  { value: '1', label: '1 hour' },
  { value: '72', label: '3 days' },
  { value: '168', label: '7 days' },
  { value: '0', label: 'None: the old secret ends now' },
];

/** A new signing secret, with a time in which receivers may still hold the old one. */
export function RotateSecret({
  endpoint: { id },
  isOpen,
  onClose,
}: {
  endpoint: Endpoint;
  isOpen: boolean;
  onClose: () => void;
}) {
  const refresh = useRefreshEndpoints();
  const [overlapHours, setOverlapHours] = useState('24');
  const rotate = useMutation({
    mutationFn: () =>
      read(
        api.POST('/api/v1/webhooks/{id}/rotate-secret', {
          params: { path: { id } },
          body: { overlapHours: Number(overlapHours) },
        }),
      ),
    onSuccess: refresh,
  });
  const close = (): void => {
    onClose();
    rotate.reset();
  };
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title={rotate.data ? 'The new signing secret' : 'Rotate the signing secret'}
      size="lg"
      closeOnClickOutside={!rotate.data}
      centered
    >
      {rotate.data ? (
        <Stack>
          <SecretOnce value={rotate.data.secret} label="signing secret">
            {overlapHours === '0' ? (
              'The old secret signs nothing any more.'
            ) : (
              <>
                Until <Time at={rotate.data.previousExpiresAt} /> each webhook carries two signatures, of the new secret
                and of the old one. Give the new one to your receivers by then.
              </>
            )}
          </SecretOnce>
          <Group justify="flex-end">
            <Button onClick={close}>I have copied it</Button>
          </Group>
        </Stack>
      ) : (
        <Stack>
          <Text size="sm">
            A new secret is made. During the overlap every webhook is signed by both, separated by a space, so that a
            receiver may check by either and nothing is refused while you change it. At its end the old one is
            forgotten. A secret that was rotated out before ends at once.
          </Text>
          <Select
            label="Overlap"
            description="Choose none if the secret got into wrong hands."
            allowDeselect={false}
            data={overlaps}
            value={overlapHours}
            onChange={(hours) => setOverlapHours(hours ?? '24')}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button loading={rotate.isPending} onClick={() => rotate.mutate()}>
              Make a new secret
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
