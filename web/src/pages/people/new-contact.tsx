import { Button, Group, Modal, MultiSelect, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { api, ApiError, read } from '../../api/client';
import { showDone, showError } from '../../components/notify';
import { useLists } from './queries';

const fields = ['email', 'firstName', 'lastName', 'userId'] as const;
const blank = { email: '', firstName: '', lastName: '', userId: '', listIds: [] as string[] };

/** Adds somebody by hand. */
export function NewContact({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { options } = useLists();
  const form = useForm({
    initialValues: blank,
    validate: { email: (email) => (email.trim() === '' ? 'Type in the email address' : null) },
  });
  const close = (): void => {
    onClose();
    form.reset();
  };
  const add = useMutation({
    mutationFn: ({ email, firstName, lastName, userId, listIds }: typeof blank) =>
      read(
        api.POST('/api/v1/contacts', {
          body: { email, firstName, lastName, listIds, source: 'manual', ...(userId === '' ? {} : { userId }) },
        }),
      ),
    meta: { isHandled: true },
    onSuccess: async (contact) => {
      showDone(`${contact.email} is added.`);
      close();
      await queries.invalidateQueries({ queryKey: ['contacts'] });
      await navigate(`/contacts/${contact.id}`);
    },
    onError: (error) => {
      const at = fields.filter((field) => error instanceof ApiError && error.at(`/${field}`));
      if (!(error instanceof ApiError) || at.length === 0) return showError(error);
      for (const field of at) form.setFieldError(field, error.at(`/${field}`));
    },
  });
  return (
    <Modal opened={isOpen} onClose={close} title="Add a contact" centered>
      <form onSubmit={form.onSubmit((values) => add.mutate(values))}>
        <Stack>
          <TextInput
            label="Email"
            type="email"
            withAsterisk
            maxLength={254}
            data-autofocus
            {...form.getInputProps('email')}
          />
          <TextInput label="First name" maxLength={1000} {...form.getInputProps('firstName')} />
          <TextInput label="Last name" maxLength={1000} {...form.getInputProps('lastName')} />
          <TextInput
            label="User id"
            description="The id that your platform sends for this person. Without it, only events with the email are theirs."
            maxLength={1000}
            {...form.getInputProps('userId')}
          />
          <MultiSelect label="Lists" data={options} searchable {...form.getInputProps('listIds')} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={add.isPending}>
              Add contact
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
