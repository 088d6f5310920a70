import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, read } from '../../api/client';
import type { Endpoint } from './queries';
import { TestResult } from './test-result';
import { isWebhookEvent, webhookEventNames } from './webhook-events';

const ping = 'webhook.test';
const choices = [
  { value: ping, label: 'webhook.test – a ping' },
  ...webhookEventNames.map((name) => ({ value: name, label: `${name} – a sample` })),
];

/** Sends a ping or a sample now, and shows the answer. */
export function TestEndpoint({ endpoint: { id } }: { endpoint: Endpoint }) {
  const [choice, setChoice] = useState<string>(ping);
  const send = useMutation({
    mutationFn: () =>
      read(
        api.POST('/api/v1/webhooks/{id}/test', {
          params: { path: { id } },
          body: isWebhookEvent(choice) ? { event: choice } : {},
        }),
      ),
  });
  return (
    <Stack maw={640}>
      <Text size="sm">
        One signed request with made-up data, sent now and once. It is sent to a paused endpoint too, and stands in no
        log.
      </Text>
      <Group align="flex-end">
        <Select
          label="Event"
          allowDeselect={false}
          data={choices}
          value={choice}
          onChange={(value) => setChoice(value ?? ping)}
          w={300}
        />
        <Button loading={send.isPending} onClick={() => send.mutate()}>
          Send test
        </Button>
      </Group>
      {send.data ? <TestResult outcome={send.data} /> : null}
    </Stack>
  );
}
