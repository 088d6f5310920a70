import { Button, Group, Select, SimpleGrid, Stack, Text } from '@mantine/core';
import { IconDeviceLaptop } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, read } from '../../api/client';
import type { paths } from '../../api/schema';
import { CodeBlock } from '../../components/copy';
import { Loaded } from '../../components/states';
import { Answer } from './laptop-answer';

type Listener = paths['/api/v1/listeners']['get']['responses'][200]['content']['application/json']['data'][number];

const lookEveryMs = 3_000;

/** Sends the delivery to whoever runs `esx listen`, and shows what came back beside the attempt at the endpoint. */
export function SendToLaptop({ deliveryId }: { deliveryId: string }) {
  const listeners = useQuery({
    queryKey: ['listeners'],
    queryFn: () => read(api.GET('/api/v1/listeners')),
    refetchInterval: lookEveryMs,
  });
  return (
    <Loaded query={listeners}>
      {({ data }) => (data.length === 0 ? <HowToListen /> : <Send deliveryId={deliveryId} listeners={data} />)}
    </Loaded>
  );
}

function HowToListen() {
  return (
    <Stack gap="xs">
      <Text size="sm">
        Nobody listens now. Run this in a checkout of this project on your machine, with a key of Settings → API in
        ESX_API_KEY; this page notices it. It needs no tunnel, and the delivery here stays as it is.
      </Text>
      <CodeBlock
        value={`ESX_URL=${window.location.origin} npx esx listen --forward-to http://localhost:4000/hook`}
        label="command that listens"
      />
    </Stack>
  );
}

function Send({ deliveryId, listeners }: { deliveryId: string; listeners: Listener[] }) {
  const queryClient = useQueryClient();
  const [wanted, setWanted] = useState<string | null>(null);
  const chosen = listeners.find(({ id }) => id === wanted) ?? listeners[0];
  const send = useMutation({
    mutationFn: (listenerId: string) =>
      read(
        api.POST('/api/v1/webhook-deliveries/{id}/send-to-listener', {
          params: { path: { id: deliveryId } },
          body: { listenerId },
        }),
      ),
    // Most likely it has gone meanwhile.
    onError: () => queryClient.invalidateQueries({ queryKey: ['listeners'] }),
  });
  if (!chosen) return null;
  return (
    <Stack gap="md">
      <Group align="end">
        <Select
          label="Listening now"
          data={listeners.map((listener) => ({ value: listener.id, label: nameOf(listener) }))}
          value={chosen.id}
          onChange={setWanted}
          allowDeselect={false}
          miw={0}
          flex="1 1 240px"
          maw={480}
        />
        <Button
          leftSection={<IconDeviceLaptop size={18} />}
          loading={send.isPending}
          onClick={() => send.mutate(chosen.id)}
        >
          Send to my laptop
        </Button>
      </Group>
      {send.data ? (
        <Result requestId={send.data.requestId} name={send.data.listener.name} />
      ) : (
        <Text size="sm" c="dimmed">
          The same webhook-id and body, signed now with the secret that esx listen prints, and marked with esx-replay:
          true. The delivery, its attempts and its endpoint stay as they are.
        </Text>
      )}
    </Stack>
  );
}

function nameOf({ name, forwardTo }: Listener): string {
  return forwardTo === '' ? name : `${name} → ${forwardTo}`;
}

const askEveryMs = 700;

function Result({ requestId, name }: { requestId: string; name: string }) {
  const request = useQuery({
    queryKey: ['listener-request', requestId],
    queryFn: () => read(api.GET('/api/v1/listener-requests/{id}', { params: { path: { id: requestId } } })),
    refetchInterval: ({ state }) => (state.data?.status === 'answered' ? false : askEveryMs),
  });
  return (
    <Loaded query={request}>
      {({ original, response }) => (
        <SimpleGrid cols={{ base: 1, md: 2 }} aria-live="polite">
          <Answer
            title={original ? `Attempt ${original.number}, at the endpoint` : 'At the endpoint'}
            answer={original}
            nothing="No attempt was made yet."
          />
          <Answer title={`On ${name}`} answer={response} nothing={`On its way to ${name}; its answer shows here.`} />
        </SimpleGrid>
      )}
    </Loaded>
  );
}
