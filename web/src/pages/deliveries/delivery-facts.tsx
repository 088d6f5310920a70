import { Anchor, Card, Group, SimpleGrid, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { CopyText } from '../../components/copy';
import { Status } from '../../components/status';
import { Countdown, Time } from '../../components/time';
import type { Delivery } from './queries';

/** How a delivery stands, at one look. */
export function DeliveryFacts({ delivery }: { delivery: Delivery }) {
  const { id, status, endpoint, contactId, attemptCount, timeline, nextAttemptAt, createdAt, eventId } = delivery;
  return (
    <Card withBorder p="md">
      <SimpleGrid cols={{ base: 2, md: 4 }} verticalSpacing="sm" mb="sm">
        <Fact name="Status">
          <Group gap="xs" aria-live="polite">
            <Status value={status} />
            {nextAttemptAt === null ? null : <Countdown until={nextAttemptAt} />}
          </Group>
        </Fact>
        <Fact name="Attempts">
          <span className="numbers">
            {attemptCount}
            {timeline.round > 1 ? ` in ${timeline.round} rounds` : ` of ${timeline.slots.length}`}
          </span>
        </Fact>
        <Fact name="Endpoint">
          {endpoint.status === 'deleted' ? (
            'deleted'
          ) : (
            <Anchor component={Link} to={`/settings/webhooks/${endpoint.id}`} inherit>
              {endpoint.description === '' ? (endpoint.url ?? endpoint.id) : endpoint.description}
            </Anchor>
          )}
          {endpoint.status === 'active' || endpoint.status === 'deleted' ? null : (
            <Status value={endpoint.status} reason={endpoint.statusReason} />
          )}
        </Fact>
        <Fact name="Made">
          <Time at={createdAt} />
        </Fact>
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} verticalSpacing="sm">
        <Fact name="Contact">
          {contactId === null ? (
            'of nobody'
          ) : (
            <Anchor component={Link} to={`/contacts/${contactId}`} className="mono" inherit>
              {contactId}
            </Anchor>
          )}
        </Fact>
        <Fact name="webhook-id">
          <CopyText value={eventId} label="webhook-id" />
          <Anchor component={Link} to={`/deliveries?eventId=${eventId}`} size="xs">
            The same event at all endpoints
          </Anchor>
        </Fact>
        <Fact name="Delivery id">
          <CopyText value={id} label="delivery id" />
        </Fact>
      </SimpleGrid>
    </Card>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text size="sm" component="div" style={{ overflowWrap: 'anywhere' }}>
        {children}
      </Text>
    </div>
  );
}
