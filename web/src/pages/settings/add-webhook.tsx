import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link } from 'react-router';
import { api, read } from '../../api/client';
import { EndpointForm, type EndpointBody } from './endpoint-form';
import { useRefreshEndpoints } from './queries';
import { SecretOnce } from '../../components/secret-once';
import { TestResult } from './test-result';
import { webhookEventNames } from './webhook-events';

/** Adds an endpoint, and shows its secret and what the first ping came to. */
export function AddWebhook({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const refresh = useRefreshEndpoints();
  const add = useMutation({
    mutationFn: (body: EndpointBody) => read(api.POST('/api/v1/webhooks', { body })),
    meta: { isHandled: true },
    onSuccess: refresh,
  });
  const close = (): void => {
    onClose();
    add.reset();
  };
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title={add.data ? 'The webhook is added' : 'Add webhook'}
      size="xl"
      closeOnClickOutside={false}
    >
      {add.data ? (
        <Stack>
          <TestResult outcome={add.data.test} />
          {add.data.test.delivered ? null : (
            <Text size="sm">
              It is saved all the same: events are sent to it and tried again, as the retry schedule says. Test it again
              once it is mended.
            </Text>
          )}
          <SecretOnce value={add.data.secret} label="signing secret">
            Your receiver verifies webhooks with it: code for four languages stands under Verify.
          </SecretOnce>
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Close
            </Button>
            <Button component={Link} to={`/settings/webhooks/${add.data.id}/verify`} onClick={close}>
              Open the webhook
            </Button>
          </Group>
        </Stack>
      ) : (
        <EndpointForm
          initialValues={{ url: '', description: '', events: [...webhookEventNames], headers: [] }}
          save={(body) => add.mutateAsync(body)}
          buttons={() => (
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                Cancel
              </Button>
              <Button type="submit" loading={add.isPending}>
                {add.isPending ? 'Pinging…' : 'Add and ping'}
              </Button>
            </Group>
          )}
        />
      )}
    </Modal>
  );
}
