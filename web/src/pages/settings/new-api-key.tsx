import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, ApiError, read } from '../../api/client';
import { useSession } from '../../api/session';
import { CodeBlock } from '../../components/copy';
import { showError } from '../../components/notify';
import { SecretOnce } from '../../components/secret-once';

/** Makes a key, and shows it once with a call that uses it. */
export function NewApiKey({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const { data: session } = useSession();
  const form = useForm({
    initialValues: { name: '' },
    validate: { name: (name) => (name.trim() === '' ? 'Say what the key is for, such as Segment' : null) },
  });
  const create = useMutation({
    mutationFn: (name: string) => read(api.POST('/api/v1/api-keys', { body: { name } })),
    meta: { isHandled: true },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['api-keys'] }),
    onError: (error) => {
      const problem = error instanceof ApiError ? error.at('/name') : undefined;
      if (problem === undefined) showError(error);
      else form.setFieldError('name', problem);
    },
  });
  const close = (): void => {
    onClose();
    form.reset();
    create.reset();
  };
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title={create.data ? 'Your new key' : 'Create a key'}
      size="lg"
      centered
      closeOnClickOutside={!create.data}
    >
      {create.data ? (
        <Stack>
          <SecretOnce value={create.data.key} label="API key">
            We keep a hash of it alone. If it gets lost, revoke it and create another one.
          </SecretOnce>
          <Text size="sm">Try it: this makes a contact, as an identify of Segment does.</Text>
          <CodeBlock
            value={tryItOut(session?.server.publicUrl ?? window.location.origin, create.data.key)}
            label="curl command"
          />
          <Group justify="flex-end">
            <Button onClick={close}>I have copied it</Button>
          </Group>
        </Stack>
      ) : (
        <form onSubmit={form.onSubmit(({ name }) => create.mutate(name))}>
          <Stack>
            <TextInput
              label="Name"
              description="What it is for: one key for each platform or program."
              placeholder="Segment"
              maxLength={200}
              data-autofocus
              {...form.getInputProps('name')}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                Cancel
              </Button>
              <Button type="submit" loading={create.isPending}>
                Create key
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}

function tryItOut(publicUrl: string, key: string): string {
  const event = { type: 'identify', userId: 'user_12345', traits: { email: 'ada@example.com', firstName: 'Ada' } };
  return [
    `curl -sS -X POST ${publicUrl.replace(/\/+$/, '')}/api/segment/track`,
    `-H 'Authorization: Bearer ${key}'`,
    `-H 'Content-Type: application/json'`,
    `-d '${JSON.stringify(event)}'`,
  ].join(' \\\n  ');
}
