import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api } from '../../api/client';
import { useConfirm } from '../../components/confirm';
import { Listing } from '../../components/listing';
import { showDone } from '../../components/notify';
import { Empty } from '../../components/states';
import { Time } from '../../components/time';
import { RemoveButton } from '../../components/remove-button';
import { loadInvitations, roles, type Invitation } from './people-calls';

/** Invitations that nobody has followed yet. */
export function Invitations({ invite }: { invite: ReactNode }) {
  const query = useQuery({ queryKey: ['invitations'], queryFn: loadInvitations, refetchInterval: 15_000 });
  return (
    <Listing
      label="Invitations"
      list={{ rows: query.data?.data, query }}
      columns={[
        { title: 'Email', cell: ({ email }) => email },
        { title: 'Role', cell: ({ role }) => roles.find(({ value }) => value === role)?.label },
        { title: 'Invited by', cell: ({ invitedBy }) => invitedBy ?? 'an API key', isMinor: true },
        { title: 'Holds until', cell: ({ expiresAt }) => <Time at={expiresAt} isRelative /> },
        { title: 'Actions', align: 'right', cell: (invitation) => <Remove invitation={invitation} /> },
      ]}
      empty={
        <Empty title="No open invitations" action={invite}>
          An invitation is a link that holds once and for a week.
        </Empty>
      }
    />
  );
}

function Remove({ invitation: { id, email } }: { invitation: Invitation }) {
  const ask = useConfirm();
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => api.DELETE('/api/v1/invitations/{id}', { params: { path: { id } } }),
    onSuccess: () => {
      showDone(`The invitation of ${email} is removed.`);
      return queries.invalidateQueries({ queryKey: ['invitations'] });
    },
  });
  const onClick = async (): Promise<void> => {
    const isSure = await ask({
      title: `Remove the invitation of ${email}?`,
      text: 'Its link does not hold any more. You can invite the same address again.',
      action: 'Remove invitation',
      isDangerous: true,
    });
    if (isSure) revoke.mutate();
  };
  return (
    <RemoveButton
      label={`Remove the invitation of ${email}`}
      isPending={revoke.isPending}
      reason={undefined}
      onClick={() => void onClick()}
    />
  );
}
