import { Alert, Anchor, Card, Group, Stack, Text, Textarea, Title } from '@mantine/core';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { api, read } from '../../api/client';
import type { paths } from '../../api/schema';
import { CodeBlock } from '../../components/copy';
import { GuardedButton } from '../../components/guarded-button';
import { Page } from '../../components/page';
import { Loaded } from '../../components/states';
import { Time } from '../../components/time';
import { indented, jsonProblem } from './mended-json';

type Rejection = paths['/api/v1/rejections/{id}']['get']['responses'][200]['content']['application/json'];

/** One refused message: why, what came, and a way to mend it and send it again. */
export function RejectionPage() {
  const { id = '' } = useParams();
  const query = useQuery({
    queryKey: ['rejection', id],
    queryFn: () => read(api.GET('/api/v1/rejections/{id}', { params: { path: { id } } })),
  });
  return (
    <Page title="Refused message" back={{ to: '/rejections', label: 'Rejections' }}>
      <Loaded query={query}>
        {(rejection: Rejection) => (
          <Stack gap="md">
            <Reason rejection={rejection} />
            <Mend key={rejection.id} rejection={rejection} />
            <Card withBorder>
              <Title order={2} size="h5" mb="sm">
                As it came
              </Title>
              <CodeBlock value={rejection.body} label="what came" />
            </Card>
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function Reason({
  rejection: { reason, pointer, receivedAt, source, isTruncated, resentAt },
}: {
  rejection: Rejection;
}) {
  return (
    <Alert color="red" icon={<IconAlertTriangle />} title="Why it was refused">
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {reason}
        {pointer === '' ? '' : ` (${pointer})`}
      </Text>
      <Text size="sm">
        Received from {source} at <Time at={receivedAt} />
        {isTruncated ? '. Only its beginning was kept: send the whole event.' : '.'}
      </Text>
      {resentAt === null ? null : (
        <Text size="sm">
          It was sent again at <Time at={resentAt} />.
        </Text>
      )}
    </Alert>
  );
}

function Mend({ rejection }: { rejection: Rejection }) {
  const queries = useQueryClient();
  const [text, setText] = useState(() => indented(rejection.body));
  const problem = jsonProblem(text);
  const send = useMutation({
    mutationFn: () => {
      const body: unknown = JSON.parse(text);
      return read(
        api.POST('/api/v1/rejections/{id}/resend', { params: { path: { id: rejection.id } }, body: { body } }),
      );
    },
    meta: { isHandled: true },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['rejection', rejection.id] }),
  });
  return (
    <Card withBorder>
      <Title order={2} size="h5" mb="sm">
        Mend it and send it again
      </Title>
      <Textarea
        label="The mended event"
        autosize
        minRows={6}
        maxRows={24}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          send.reset();
        }}
        error={problem ?? send.error?.message}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
      />
      <Group mt="sm">
        <GuardedButton reason={problem} onClick={() => send.mutate()} loading={send.isPending}>
          Send again
        </GuardedButton>
        {send.data ? <Sent receipt={send.data} /> : null}
      </Group>
    </Card>
  );
}

function Sent({ receipt: { status, messageId } }: { receipt: { status: string; messageId?: string } }) {
  return (
    <Group gap={6} role="status">
      <IconCheck size={18} color="var(--mantine-color-teal-6)" aria-hidden />
      <Text size="sm">
        {status === 'duplicate' ? 'A message with this id was there already.' : `It was ${status}.`}
      </Text>
      {messageId === undefined ? null : (
        <Anchor component={Link} to={`/events/${encodeURIComponent(messageId)}`} size="sm">
          Look at its trace
        </Anchor>
      )}
    </Group>
  );
}
