import { Anchor, MultiSelect, Stack, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import { api, read } from '../../api/client';
import { contactKey, useLists, type Contact } from './queries';

/** The lists that a contact is on; each change is saved at once. */
export function ContactLists({ contact }: { contact: Contact }) {
  const queries = useQueryClient();
  const { options, nameOf } = useLists();
  const { id, listIds } = contact;
  const save = useMutation({
    mutationFn: (wanted: string[]) =>
      read(api.PATCH('/api/v1/contacts/{id}', { params: { path: { id } }, body: { listIds: wanted } })),
    onSuccess: async (saved) => {
      queries.setQueryData(contactKey(id), saved);
      await queries.invalidateQueries({ queryKey: ['lists'] });
    },
  });
  const shown = save.isPending ? save.variables : listIds;
  const missing = shown.filter((listId) => !options.some(({ value }) => value === listId));
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        Lists
      </Title>
      <MultiSelect
        aria-label="Lists of this contact"
        placeholder={shown.length === 0 ? 'On no list' : ''}
        data={[...options, ...missing.map((listId) => ({ value: listId, label: nameOf(listId) }))]}
        searchable
        nothingFoundMessage="No list has that name"
        value={shown}
        onChange={(wanted) => save.mutate(wanted)}
      />
      <Anchor component={Link} to="/lists" size="sm">
        All lists
      </Anchor>
    </Stack>
  );
}
