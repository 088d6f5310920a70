import { Alert, Loader, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, ApiError, read } from '../../api/client';
import { Empty, Loaded } from '../../components/states';
import { Status } from '../../components/status';
import { Time } from '../../components/time';

/** What stands in the place of a contact that was deleted: how far the removal of the person has come. */
export function Erasure({ contactId }: { contactId: string }) {
  const query = useQuery({
    queryKey: ['erasures', contactId],
    queryFn: () => read(api.GET('/api/v1/erasures/{contactId}', { params: { path: { contactId } } })),
    refetchInterval: ({ state }) => (state.data?.status === 'completed' ? false : 2_000),
  });
  if (query.error instanceof ApiError && query.error.status === 404) {
    return (
      <Empty title="This contact is not there">
        No contact of this workspace has this id. It may have been deleted long ago; look for the person by email.
      </Empty>
    );
  }
  return (
    <Loaded query={query}>
      {({ status, createdAt, endedAt, removed }) => (
        <Stack>
          <Alert
            color={status === 'completed' ? 'teal' : 'blue'}
            title={status === 'completed' ? 'This person was erased' : 'This person is being erased'}
            icon={status === 'completed' ? undefined : <Loader size="xs" />}
          >
            Deleted <Time at={createdAt} />
            {endedAt === null ? '; the rest follows, and goes on after a restart.' : ', done '}
            {endedAt === null ? null : <Time at={endedAt} />}
          </Alert>
          <Text component="div" size="sm">
            Removal: <Status value={status} />
          </Text>
          <Table aria-label="What was removed" maw={420}>
            <Table.Tbody>
              {Object.entries(removed).map(([kind, count]) => (
                <Table.Tr key={kind}>
                  <Table.Th scope="row" fw={500}>
                    {words[kind] ?? kind}
                  </Table.Th>
                  <Table.Td ta="right">{count}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Stack>
      )}
    </Loaded>
  );
}

const words: Record<string, string> = {
  messages: 'Identifies and tracks',
  webhookEvents: 'Webhook events',
  deliveries: 'Deliveries',
  automationRuns: 'Automation runs',
  emails: 'Emails',
  emailEvents: 'Opens, clicks and bounces',
  waiters: 'Tracks that waited',
  rejections: 'Rejected messages',
  answers: 'Kept answers',
  importLines: 'Lines of imports',
  signups: 'Sign-ups',
  mails: 'Mails in the mailbox',
};
