import { Button, Group, Modal, Stack, Table, Text, Textarea, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ApiError, read } from '../../api/client';
import { showDone, showError } from '../../components/notify';
import { contactKey, type Contact } from './queries';
import { changedTraits, readTraits, traitText } from './traits';

/** Everything that platforms have sent of a person, and that automations and templates can use. */
export function ContactTraits({ contact }: { contact: Contact }) {
  const [isEditing, setIsEditing] = useState(false);
  const traits = Object.entries(contact.metadata);
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Title order={2} size="h4">
          Traits
        </Title>
        <Button size="compact-sm" variant="light" onClick={() => setIsEditing(true)}>
          Edit traits
        </Button>
      </Group>
      {traits.length === 0 ? (
        <Text size="sm" c="dimmed">
          None yet. Each trait of an identify, except email and names, is kept here.
        </Text>
      ) : (
        <Table aria-label="Traits" layout="fixed">
          <Table.Tbody>
            {traits.map(([name, value]) => (
              <Table.Tr key={name}>
                <Table.Th scope="row" w="40%" fw={500} style={{ overflowWrap: 'anywhere', verticalAlign: 'top' }}>
                  {name}
                </Table.Th>
                <Table.Td className="mono">{traitText(value)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Modal opened={isEditing} onClose={() => setIsEditing(false)} title="Edit traits" size="lg" centered>
        <TraitsEditor contact={contact} onDone={() => setIsEditing(false)} />
      </Modal>
    </Stack>
  );
}

function TraitsEditor({ contact, onDone }: { contact: Contact; onDone: () => void }) {
  const queries = useQueryClient();
  const { id, metadata } = contact;
  const [text, setText] = useState(() => JSON.stringify(metadata, null, 2));
  const [problem, setProblem] = useState<string>();
  const save = useMutation({
    mutationFn: (changed: Record<string, unknown>) =>
      read(api.PATCH('/api/v1/contacts/{id}', { params: { path: { id } }, body: { metadata: changed } })),
    meta: { isHandled: true },
    onSuccess: async (saved) => {
      queries.setQueryData(contactKey(id), saved);
      showDone('The traits are saved.');
      onDone();
      await queries.invalidateQueries({ queryKey: ['timeline', id] });
    },
    onError: (error) => {
      const found = error instanceof ApiError ? error.at('/metadata') : undefined;
      if (found === undefined) showError(error);
      setProblem(found);
    },
  });
  const submit = (): void => {
    const found = readTraits(text);
    setProblem('problem' in found ? found.problem : undefined);
    if ('traits' in found) save.mutate(changedTraits(metadata, found.traits));
  };
  return (
    <Stack>
      <Textarea
        label="Traits as JSON"
        description="A trait that you take out is removed. What a platform sends later overwrites what stands here."
        autosize
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        spellCheck={false}
        minRows={8}
        maxRows={24}
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
        error={problem}
        data-autofocus
      />
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        <Button onClick={submit} loading={save.isPending}>
          Save traits
        </Button>
      </Group>
    </Stack>
  );
}
