import { Badge, Box, Group, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSession } from '../../api/session';
import { GuardedButton } from '../../components/guarded-button';
import { Listing } from '../../components/listing';
import { Empty } from '../../components/states';
import { Time } from '../../components/time';
import { SettingsPage } from '../../layout/settings-tabs';
import { useOwnerReason } from '../../components/owner-reason';
import { Invitations } from './invitations';
import { InvitePerson } from './invite-person';
import { PersonActions } from './person-actions';
import { loadPeople, type Person } from './people-calls';
import { RoleSelect } from './role-select';

/** Settings → People: who can sign in, and who is asked to join. */
export function PeoplePage() {
  const query = useQuery({ queryKey: ['people'], queryFn: loadPeople });
  const me = useSession().data?.person?.id;
  const ownerReason = useOwnerReason();
  const [isInviting, setIsInviting] = useState(false);
  const rows = query.data?.data;
  const owners = rows?.filter(({ role }) => role === 'owner') ?? [];
  const reason = ownerReason && `Only an owner may do this. Ask ${owners.map(({ name }) => name).join(' or ')}.`;
  const invite = (
    <GuardedButton reason={reason} onClick={() => setIsInviting(true)}>
      Invite somebody
    </GuardedButton>
  );
  return (
    <SettingsPage
      title="People"
      about="Who signs in to this workspace. Owners also manage people, API keys, sending domains and the workspace itself."
      actions={invite}
    >
      <Stack gap="xl">
        <Listing
          label="People"
          list={{ rows, query }}
          columns={[
            { title: 'Name', cell: (person) => <NameAndEmail person={person} isMe={person.id === me} /> },
            {
              title: 'Role',
              width: 150,
              cell: (person) => <RoleSelect person={person} reason={reason ?? lastOwner(owners, person.id)} />,
            },
            { title: 'Joined', cell: ({ createdAt }) => <Time at={createdAt} isRelative />, isMinor: true },
            {
              title: 'Actions',
              align: 'right',
              cell: (person) => (
                <PersonActions
                  person={person}
                  isMe={person.id === me}
                  reason={reason}
                  removeReason={reason ?? lastOwner(owners, person.id)}
                />
              ),
            },
          ]}
          empty={
            <Empty title="Nobody has joined yet" action={invite}>
              Follow the link that the server prints at its start, or invite somebody.
            </Empty>
          }
        />
        <section aria-labelledby="invitations">
          <Title order={2} size="h4" id="invitations" mb="xs">
            Invitations
          </Title>
          {reason === undefined ? (
            <Invitations invite={invite} />
          ) : (
            <Text size="sm" c="dimmed">
              {reason}
            </Text>
          )}
        </section>
      </Stack>
      <InvitePerson isOpen={isInviting} onClose={() => setIsInviting(false)} />
    </SettingsPage>
  );
}

function NameAndEmail({ person: { name, email }, isMe }: { person: Person; isMe: boolean }) {
  return (
    <Box miw={150}>
      <Group gap="xs">
        <Text inherit style={{ overflowWrap: 'anywhere' }}>
          {name}
        </Text>
        {isMe ? (
          <Badge variant="light" tt="none">
            you
          </Badge>
        ) : null}
      </Group>
      <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {email}
      </Text>
    </Box>
  );
}

function lastOwner(owners: { id: string }[], id: string): string | undefined {
  return owners.length === 1 && owners[0]?.id === id
    ? 'This is the last owner. Make somebody else an owner first.'
    : undefined;
}
