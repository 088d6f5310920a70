import { Alert, Group, Stack, Tabs, Text } from '@mantine/core';
import { CodeBlock, Copy } from '../../components/copy';
import { Time } from '../../components/time';
import { curlOf } from './curl';
import type { Attempt } from './queries';

/** What one attempt sent, and what came back. */
export function Exchange({ attempt, body }: { attempt: Attempt; body: string | null }) {
  const { request, summary, number, at, error } = attempt;
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
          {summary}
        </Text>
        <Time at={at} />
      </Group>
      <Tabs defaultValue="response" keepMounted={false}>
        <Tabs.List aria-label={`Attempt ${number}`}>
          <Tabs.Tab value="response">Response</Tabs.Tab>
          <Tabs.Tab value="request">Request</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="response" pt="sm">
          <Response attempt={attempt} isUnanswered={error !== undefined} />
        </Tabs.Panel>
        <Tabs.Panel value="request" pt="sm">
          <Stack gap="sm">
            {request.isReconstructed ? (
              <Alert color="yellow" p="xs">
                The endpoint was changed since: its URL and headers may have been others.
              </Alert>
            ) : null}
            <Group gap={4} wrap="nowrap">
              <Text className="mono" size="sm">
                POST {request.url ?? 'the URL is not kept'}
              </Text>
              {request.url === null ? null : (
                <Copy value={curlOf({ ...request, url: request.url, body })} label="as cURL" />
              )}
            </Group>
            <Headers headers={request.headers} label={`request headers of attempt ${number}`} />
            {body === null ? null : <CodeBlock value={body} label="body as it is posted and signed" maxHeight={260} />}
          </Stack>
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

function Response({ attempt, isUnanswered }: { attempt: Attempt; isUnanswered: boolean }) {
  const { responseHeaders, responseBody, number } = attempt;
  if (isUnanswered) return <Text size="sm">{responseBody === '' ? 'No answer came.' : responseBody}</Text>;
  return (
    <Stack gap="sm">
      {responseHeaders.length > 0 ? (
        <Headers headers={responseHeaders} label={`response headers of attempt ${number}`} />
      ) : (
        <Text size="sm" c="dimmed">
          No headers were kept of this answer.
        </Text>
      )}
      {responseBody === '' ? (
        <Text size="sm" c="dimmed">
          The body is empty.
        </Text>
      ) : (
        <CodeBlock value={responseBody} label={`response body of attempt ${number}`} maxHeight={320} />
      )}
    </Stack>
  );
}

function Headers({ headers, label }: { headers: { name: string; value: string }[]; label: string }) {
  return (
    <CodeBlock value={headers.map(({ name, value }) => `${name}: ${value}`).join('\n')} label={label} maxHeight={220} />
  );
}
