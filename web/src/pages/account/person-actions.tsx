import { Group, Modal, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, read } from '../../api/client';
import { useConfirm } from '../../components/confirm';
import { GuardedButton } from '../../components/guarded-button';
import { showDone } from '../../components/notify';
import { RemoveButton } from '../../components/remove-button';
import { SecretOnce } from '../../components/secret-once';
import type { Person } from './people-calls';

interface PersonActionsProps {
  person: Person;
  isMe: boolean;
  /** Why nothing can be done. */
  reason: string | undefined;
  removeReason: string | undefined;
}

/** A link for a new password, and the removal. */
export function PersonActions({ person, isMe, reason, removeReason }: PersonActionsProps) {
  const ask = useConfirm();
  const queries = useQueryClient();
  const path = { id: person.id };
  const reset = useMutation({
    mutationFn: () => read(api.POST('/api/v1/people/{id}/reset-link', { params: { path } })),
  });
  const remove = useMutation({
    mutationFn: () => api.DELETE('/api/v1/people/{id}', { params: { path } }),
    onSuccess: () => {
      showDone(`${person.name} is removed and signed out.`);
      return Promise.all(['people', 'session'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
    },
  });
  const onRemove = async (): Promise<void> => {
    const isSure = await ask({
      title: `Remove ${person.name}?`,
      text: `${isMe ? 'You are' : `${person.email} is`} signed out at once and cannot sign in any more, until somebody invites again.`,
      action: isMe ? 'Remove me' : 'Remove',
      isDangerous: true,
    });
    if (isSure) remove.mutate();
  };
  return (
    <Group gap="xs" justify="flex-end" wrap="nowrap">
      <GuardedButton
        size="compact-sm"
        variant="subtle"
        reason={reason}
        loading={reset.isPending}
        onClick={() => reset.mutate()}
        aria-label={`Reset link for ${person.name}`}
      >
        Reset link
      </GuardedButton>
      <RemoveButton
        label={`Remove ${person.name}`}
        isPending={remove.isPending}
        reason={removeReason}
        onClick={() => void onRemove()}
      />
      <Modal
        opened={reset.data !== undefined}
        onClose={reset.reset}
        title={`A new password for ${person.name}`}
        size="lg"
        centered
        closeOnClickOutside={false}
      >
        {reset.data ? (
          <SecretOnce value={reset.data.link} label="reset link">
            Send it to {person.email} by a way that you trust. It holds once and for a week; the old password holds
            until it is followed.
          </SecretOnce>
        ) : (
          <Text size="sm">…</Text>
        )}
      </Modal>
    </Group>
  );
}
