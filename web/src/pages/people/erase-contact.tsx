import { Button, List, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import { useConfirm } from '../../components/confirm';
import { showDone } from '../../components/notify';
import { contactKey, type Contact } from './queries';

/** Removes a contact and everything that is stored of the person. */
export function EraseContact({ contact }: { contact: Contact }) {
  const ask = useConfirm();
  const queries = useQueryClient();
  const { id, email } = contact;
  const erase = useMutation({
    mutationFn: () => api.DELETE('/api/v1/contacts/{id}', { params: { path: { id } } }),
    onSuccess: async () => {
      showDone(`${email} is deleted. The removal of everything else is queued.`);
      // This page goes on to show how far the removal has come.
      await queries.resetQueries({ queryKey: contactKey(id) });
      await queries.invalidateQueries({ queryKey: ['contacts'] });
    },
  });
  const onClick = async (): Promise<void> => {
    const isSure = await ask({
      title: 'Delete this contact and erase the person?',
      text: <WhatGoes email={email} />,
      action: 'Erase for good',
      isDangerous: true,
    });
    if (isSure) erase.mutate();
  };
  return (
    <Button color="red" variant="light" onClick={() => void onClick()} loading={erase.isPending}>
      Delete
    </Button>
  );
}

function WhatGoes({ email }: { email: string }) {
  return (
    <>
      <Text inherit style={{ overflowWrap: 'anywhere' }}>
        Of {email} these go, and cannot be brought back:
      </Text>
      <List size="sm" my="xs">
        <List.Item>the contact, its traits, user ids and lists</List.Item>
        <List.Item>what its identifies and tracks said, and those that were refused or wait</List.Item>
        <List.Item>the bodies of webhooks about it; deliveries that wait are cancelled</List.Item>
        <List.Item>addresses and contents of emails to it, its opens and clicks, and mail in the mailbox</List.Item>
        <List.Item>its automation runs end, and their logs are blanked</List.Item>
        <List.Item>its sign-ups, and its lines of imported files</List.Item>
      </List>
      <Text inherit>
        Counts of campaigns stay. If nothing was to be sent to the address, that stays in force, without the address. An
        event that your platform sends later makes a new contact.
      </Text>
    </>
  );
}
