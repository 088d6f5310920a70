import { Alert, Button, Grid, Group, Stack, Text } from '@mantine/core';
import { IconDownload, IconPlayerPlay } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ApiError, read, serverNowMs } from '../../api/client';
import { Empty } from '../../components/states';
import type { bodyOf } from './draft';
import { SimulatedTimeline } from './simulated-timeline';
import { firstForm, fixtureOf, readObject, requestOf, type SimulationForm, type SimulationRequest } from './simulation';
import { SimulationInputs } from './simulation-inputs';

const simulate = (request: SimulationRequest) => read(api.POST('/api/v1/automations/simulate', { body: request }));
type Simulation = Awaited<ReturnType<typeof simulate>>;

/** What this automation, as it stands in the page, would do on an event: nothing is sent and nothing is changed. */
export function SimulateTab({ body }: { body: ReturnType<typeof bodyOf> }) {
  const [form, setForm] = useState<SimulationForm>(firstForm);
  const play = useMutation({
    mutationFn: async (request: SimulationRequest) => ({ request, answer: await simulate(request) }),
    meta: { isHandled: true },
  });
  const isReadable = 'value' in readObject(form.properties) && 'value' in readObject(form.contact);
  return (
    <Grid gap="xl">
      <Grid.Col span={{ base: 12, md: 5 }}>
        <SimulationInputs
          form={form}
          triggerName={body.trigger.eventName}
          errorAt={(pointer) => (play.error instanceof ApiError ? play.error.at(pointer) : undefined)}
          onChange={(change) => setForm({ ...form, ...change })}
        />
        <Button
          mt="md"
          pos="sticky"
          bottom={16}
          leftSection={<IconPlayerPlay size={16} />}
          loading={play.isPending}
          disabled={!isReadable}
          onClick={() => play.mutate(requestOf(form, body, serverNowMs()))}
        >
          Play
        </Button>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 7 }}>
        {play.error ? (
          <Alert color="red" title="This cannot be played" role="alert">
            {play.error.message}
          </Alert>
        ) : null}
        {play.data ? (
          <Answer key={play.submittedAt} {...play.data} />
        ) : (
          <Empty title="Press Play">
            You see what would happen over days and months in two seconds: emails with their subjects, waits with their
            dates, and each call of a webhook. No email is sent, and no contact is changed.
          </Empty>
        )}
      </Grid.Col>
    </Grid>
  );
}

function Answer({ request, answer }: { request: SimulationRequest; answer: Simulation }) {
  const { matches, reason, timeline } = answer;
  return (
    <Stack>
      <Text role="status">
        {matches
          ? 'The event would start a run.'
          : `The event would start nothing: ${reason ?? 'the automation is not active'}.`}
      </Text>
      <SimulatedTimeline items={timeline} />
      <Group>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconDownload size={14} />}
          onClick={() => download(fixtureOf(request, answer))}
        >
          Save as test
        </Button>
        <Text size="xs" c="dimmed">
          A JSON file for your own tests: its request, and the answer to expect.
        </Text>
      </Group>
    </Stack>
  );
}

function download(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'automation-simulation.json';
  link.click();
  URL.revokeObjectURL(url);
}
