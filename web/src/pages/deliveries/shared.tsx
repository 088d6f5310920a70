import { Anchor, Card, Container, Group, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useParams } from 'react-router';
import { ApiError, noteServerTime } from '../../api/client';
import { CopyText, Json } from '../../components/copy';
import { Loaded } from '../../components/states';
import { Status } from '../../components/status';
import { Countdown, Time } from '../../components/time';
import { Attempts } from './attempts';
import type { SharedView } from './queries';
import { SignatureDebugger } from './signature-debugger';
import { Timeline } from './timeline';

const openEveryMs = 5_000;

/** One delivery for the team of its receiver, who have a link and no account. */
export function SharedPage() {
  const { token = '' } = useParams();
  const query = useQuery({
    queryKey: ['shared', token],
    queryFn: () => loadShared(token),
    refetchInterval: ({ state }) =>
      state.data && ['pending', 'retrying'].includes(state.data.status) ? openEveryMs : false,
  });
  useEffect(() => {
    document.title = 'Shared delivery · EmailSendX';
  }, []);
  return (
    <Container component="main" size="lg" py="lg">
      <Group gap={8} mb="md">
        <img src="/icon.svg" width={24} height={24} alt="" />
        <Text fw={700}>EmailSendX</Text>
      </Group>
      <Stack gap="md">
        <Title order={1} size="h2" style={{ overflowWrap: 'anywhere' }}>
          {query.data ? `Delivery of ${query.data.event}` : 'Shared delivery'}
        </Title>
        <Loaded query={query}>{(view) => <View view={view} />}</Loaded>
      </Stack>
    </Container>
  );
}

function View({ view }: { view: SharedView }) {
  return (
    <>
      <Text size="sm" c="dimmed" component="div">
        A read-only look at one webhook. Personal data and secrets are masked; the link works until{' '}
        <Time at={view.expiresAt} />. <Anchor href="#check">Check a signature</Anchor>
      </Text>
      <Card withBorder p="md">
        <Group gap="lg">
          <Group gap="xs" aria-live="polite">
            <Status value={view.status} />
            {view.nextAttemptAt === null ? null : <Countdown until={view.nextAttemptAt} />}
          </Group>
          <Group gap="xs">
            <Text size="sm" c="dimmed">
              webhook-id
            </Text>
            <CopyText value={view.webhookId} label="webhook-id" />
          </Group>
          <Group gap="xs">
            <Text size="sm" c="dimmed">
              made
            </Text>
            <Time at={view.createdAt} />
          </Group>
        </Group>
      </Card>
      <Timeline timeline={view.timeline} attempts={view.attempts} status={view.status} />
      <Attempts attempts={view.attempts} body={null} />
      <Card withBorder p="md" component="section" aria-labelledby="payload">
        <Title order={2} size="h4" id="payload" mb="sm">
          Payload, masked
        </Title>
        {view.payload === null ? (
          <Text size="sm">It was erased with the person that it was about.</Text>
        ) : (
          <Json value={view.payload} label="masked payload" />
        )}
        {view.body === null ? null : (
          <Text size="sm" mt="sm" c="dimmed">
            {view.body.bytes} bytes were posted and signed. Below, the signing secret tells whether yours are the same.
          </Text>
        )}
      </Card>
      <SignatureDebugger view={view} />
    </>
  );
}

async function loadShared(token: string): Promise<SharedView> {
  const response = await fetch(`/api/shared/${encodeURIComponent(token)}`, { credentials: 'omit' });
  const answer: unknown = await response.json();
  if (isView(answer)) {
    noteServerTime(Date.parse(answer.serverTime), true);
    return answer;
  }
  throw new ApiError(response.status, isProblem(answer) ? answer : undefined);
}

/** Told from an error by its one field that no error has: both come from our own server. */
function isView(answer: unknown): answer is SharedView {
  return typeof answer === 'object' && answer !== null && 'webhookId' in answer;
}

function isProblem(answer: unknown): answer is NonNullable<ApiError['problem']> {
  return typeof answer === 'object' && answer !== null && 'detail' in answer && typeof answer.detail === 'string';
}
