import { Alert, Anchor, Button, Group, List, Loader, Stack, Text } from '@mantine/core';
import { IconCircleCheck, IconCircleDashed, IconCircleX } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import { api, read } from '../../api/client';
import { Status } from '../../components/status';
import type { Integration } from './integrations';

const loadTrace = (messageId: string) =>
  read(api.GET('/api/v1/events/{messageId}', { params: { path: { messageId } } }));
type Trace = Awaited<ReturnType<typeof loadTrace>>;

/** Sends a sample identify, and follows it until it has its outcome. */
export function TestIntegration({ integration: { source, name } }: { integration: Integration }) {
  const queries = useQueryClient();
  const send = useMutation({
    mutationFn: () => read(api.POST('/api/v1/integrations/{source}/test', { params: { path: { source } }, body: {} })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['integrations'] }),
  });
  return (
    <Stack gap="xs">
      <Group>
        <Button variant="light" loading={send.isPending} onClick={() => send.mutate()}>
          Send a test identify
        </Button>
        <Text size="xs" c="dimmed">
          Comes in as if {name} had sent it, and makes the contact {source}.test@example.com, webhooks included.
        </Text>
      </Group>
      {send.data ? <TestTrace key={send.data.messageId} messageId={send.data.messageId} /> : null}
    </Stack>
  );
}

function TestTrace({ messageId }: { messageId: string }) {
  const { data, error } = useQuery({
    queryKey: ['events', messageId],
    queryFn: () => loadTrace(messageId),
    refetchInterval: ({ state }) => (state.data?.state === 'done' ? false : 500),
  });
  if (error) return <Text size="sm">The event is taken; its trace cannot be read now: {error.message}</Text>;
  return (
    <Alert color={data?.state === 'done' ? colorOf(data) : 'blue'} title="What became of it" aria-live="polite">
      <List spacing={4} size="sm" center>
        <List.Item icon={<IconCircleCheck size={18} aria-label="done" />}>Received and stored</List.Item>
        <List.Item icon={<Outcome trace={data} />}>
          {data?.state === 'done' ? <Result trace={data} /> : 'Waits for a worker to apply it'}
        </List.Item>
      </List>
      <Anchor component={Link} to={`/events/${encodeURIComponent(messageId)}`} size="sm">
        The whole trace
      </Anchor>
    </Alert>
  );
}

function Outcome({ trace }: { trace: Trace | undefined }) {
  if (!trace) return <Loader size={16} aria-label="loading" />;
  if (trace.state !== 'done') return <IconCircleDashed size={18} aria-label="not yet" />;
  return trace.contactId === null ? (
    <IconCircleX size={18} aria-label="no effect" />
  ) : (
    <IconCircleCheck size={18} aria-label="done" />
  );
}

function Result({ trace }: { trace: Trace }) {
  return (
    <Group gap={6}>
      <span>Contact</span>
      <Status value={trace.status} reason={trace.reason} />
      {trace.contactId === null ? null : (
        <Anchor component={Link} to={`/contacts/${trace.contactId}`} size="sm">
          Open the contact
        </Anchor>
      )}
    </Group>
  );
}

function colorOf({ status }: Trace): string {
  return status === 'failed' || status === 'unresolved' ? 'red' : 'teal';
}
