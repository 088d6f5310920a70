import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, ApiError, read } from '../../api/client';
import { showDone, showError } from '../../components/notify';
import type { List } from './lists';

/** Adds a list, or renames one. */
export function ListName({ list, onClose }: { list: List | 'new' | undefined; onClose: () => void }) {
  return (
    <Modal
      opened={list !== undefined}
      onClose={onClose}
      title={list === 'new' ? 'Add a list' : 'Rename the list'}
      centered
    >
      {list === undefined ? null : (
        <NameForm key={list === 'new' ? 'new' : list.id} list={list === 'new' ? undefined : list} onClose={onClose} />
      )}
    </Modal>
  );
}

function NameForm({ list, onClose }: { list: List | undefined; onClose: () => void }) {
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { name: list?.name ?? '' },
    validate: { name: (name) => (name.trim() === '' ? 'Give it a name, such as Readers' : null) },
  });
  const save = useMutation({
    mutationFn: (name: string) =>
      list
        ? read(api.PATCH('/api/v1/lists/{id}', { params: { path: { id: list.id } }, body: { name } }))
        : read(api.POST('/api/v1/lists', { body: { name } })),
    meta: { isHandled: true },
    onSuccess: async ({ name }) => {
      showDone(list ? `The list is called “${name}” now.` : `The list “${name}” is added.`);
      onClose();
      await queries.invalidateQueries({ queryKey: ['lists'] });
    },
    onError: (error) => {
      const problem = error instanceof ApiError ? error.at('/name') : undefined;
      if (problem === undefined) showError(error);
      else form.setFieldError('name', problem);
    },
  });
  return (
    <form onSubmit={form.onSubmit(({ name }) => save.mutate(name))}>
      <Stack>
        <TextInput label="Name" maxLength={200} data-autofocus {...form.getInputProps('name')} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending}>
            {list ? 'Rename list' : 'Add list'}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
