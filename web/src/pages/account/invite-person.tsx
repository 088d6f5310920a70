import { Button, Group, Modal, NativeSelect, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, ApiError, read } from '../../api/client';
import { showError } from '../../components/notify';
import { SecretOnce } from '../../components/secret-once';
import { roles, type Person } from './people-calls';

interface Wanted {
  email: string;
  role: Person['role'];
}

/** Makes an invitation and shows its link, once. */
export function InvitePerson({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const form = useForm<Wanted>({
    initialValues: { email: '', role: 'member' },
    validate: { email: (email) => (/^\S+@\S+$/.test(email.trim()) ? null : 'Give the email address to invite') },
  });
  const invite = useMutation({
    mutationFn: (body: Wanted) => read(api.POST('/api/v1/invitations', { body })),
    meta: { isHandled: true },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['invitations'] }),
    onError: (error) => {
      const problem = error instanceof ApiError ? error.at('/email') : undefined;
      if (problem === undefined) showError(error);
      else form.setFieldError('email', problem);
    },
  });
  const close = (): void => {
    onClose();
    form.reset();
    invite.reset();
  };
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title={invite.data ? `An invitation for ${invite.data.email}` : 'Invite somebody'}
      size="lg"
      centered
      closeOnClickOutside={!invite.data}
    >
      {invite.data ? (
        <Stack>
          <SecretOnce value={invite.data.link} label="invitation link">
            Send it to {invite.data.email} yourself: no email goes out from here. It holds once and for a week.
          </SecretOnce>
          <Group justify="flex-end">
            <Button onClick={close}>I have copied it</Button>
          </Group>
        </Stack>
      ) : (
        <form onSubmit={form.onSubmit((values) => invite.mutate(values))} noValidate>
          <Stack>
            <TextInput
              label="Email"
              type="email"
              placeholder="colleague@example.com"
              maxLength={254}
              data-autofocus
              {...form.getInputProps('email')}
            />
            <NativeSelect
              label="Role"
              description="Members work with everything; owners also manage people, API keys, sending domains and the workspace."
              data={roles}
              {...form.getInputProps('role')}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                Cancel
              </Button>
              <Button type="submit" loading={invite.isPending}>
                Make the invitation
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
