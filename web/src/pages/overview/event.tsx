import { Button, Card, Stack, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { api, read } from '../../api/client';
import { Json } from '../../components/copy';
import { Page } from '../../components/page';
import { Loaded } from '../../components/states';
import { EventFlow } from './event-flow';
import { eventTitle, type EventDetail } from './event-words';
import { useLiveRefresh } from './use-live-refresh';

/** One received message with all that it has caused. */
export function EventPage() {
  const { id = '' } = useParams();
  const query = useQuery({
    queryKey: ['event', id],
    queryFn: () => read(api.GET('/api/v1/events/{messageId}', { params: { path: { messageId: id } } })),
  });
  useLiveRefresh(['events', 'runs', 'emails', 'deliveries'], query.refetch, 1_000);
  return (
    <Page
      title={query.data ? eventTitle(query.data) : 'Event'}
      back={{ to: '/events', label: 'Events' }}
      about="The way of this message, from its receipt to the last webhook that it has caused."
      actions={
        <Button component={Link} to={`/why?messageId=${encodeURIComponent(id)}`} variant="default">
          Why?
        </Button>
      }
    >
      <Loaded query={query}>{(event: EventDetail) => <Trace event={event} />}</Loaded>
    </Page>
  );
}

function Trace({ event }: { event: EventDetail }) {
  return (
    <Stack gap="md">
      <Card withBorder>
        <EventFlow event={event} />
      </Card>
      <Card withBorder>
        <Title order={2} size="h5" mb="sm">
          Payload
        </Title>
        <Json value={event.payload} label="payload" />
      </Card>
    </Stack>
  );
}
