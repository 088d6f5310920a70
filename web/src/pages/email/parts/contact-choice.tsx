import { Button, Group, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, read } from '../../../api/client';

/** A contact of the workspace, found by its address. */
export function ContactChoice({ contactId, onChange }: { contactId: string; onChange: (contactId: string) => void }) {
  const [email, setEmail] = useState('');
  const find = useMutation({
    mutationFn: async () => {
      const { data } = await read(
        api.GET('/api/v1/contacts', { params: { query: { email: email.trim(), limit: 1 } } }),
      );
      const [contact] = data;
      if (!contact) throw new Error('No contact has this address; check it, or leave it empty.');
      return contact.id;
    },
    meta: { isHandled: true },
    onSuccess: onChange,
  });
  if (contactId !== '') {
    return (
      <Group gap="xs">
        <Text size="sm">
          For the contact <strong>{email}</strong>
        </Text>
        <Button size="compact-xs" variant="default" onClick={() => onChange('')}>
          Somebody made up
        </Button>
      </Group>
    );
  }
  return (
    <TextInput
      label="A contact of yours"
      description="Its address; else it is somebody made up."
      value={email}
      error={find.error?.message}
      onChange={({ currentTarget }) => setEmail(currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter') return;
        event.preventDefault();
        find.mutate();
      }}
      rightSectionWidth={64}
      rightSection={
        <Button size="compact-xs" variant="light" loading={find.isPending} onClick={() => find.mutate()}>
          Use
        </Button>
      }
    />
  );
}
