import { Anchor, Group, List, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { Status } from '../../components/status';
import { Countdown, Time } from '../../components/time';
import type { EventDetail } from './event-words';
import { TemporalLink } from '../../components/temporal-link';

/** Whether an automation started by the message, and how far its run has come. */
export function Automation({
  automation,
  run,
}: {
  automation: EventDetail['automations'][number];
  run: EventDetail['runs'][number] | undefined;
}) {
  const { automationId, ran, reason, temporalUrl } = automation;
  return (
    <Stack gap={4}>
      <Group gap="xs">
        <Anchor component={Link} to={`/automations/${automationId}`} size="sm">
          Open the automation
        </Anchor>
        {run ? <Status value={run.status} reason={run.reason} /> : null}
        <TemporalLink url={temporalUrl} label="its run" />
      </Group>
      {ran ? null : <Text size="sm">Did not start: {reason ?? 'no reason is known'}</Text>}
      {run?.reason ? <Text size="sm">{run.reason}</Text> : null}
      {run && run.log.length > 0 ? (
        <List size="sm" type="ordered">
          {run.log.map(({ step, result, at }) => (
            <List.Item key={`${at} ${step}`}>
              <span className="mono">{step}</span> – {result}
            </List.Item>
          ))}
        </List>
      ) : null}
    </Stack>
  );
}

/** What was told of the message to endpoints. */
export function WebhookEvent({ event }: { event: EventDetail['webhookEvents'][number] }) {
  if (event.deliveries.length === 0) {
    return (
      <Text size="sm">
        {event.isDispatched ? (
          <>
            No endpoint listens to {event.event}.{' '}
            <Anchor component={Link} to="/settings/webhooks" inherit>
              Endpoints
            </Anchor>
          </>
        ) : (
          'Its deliveries are about to be made.'
        )}
      </Text>
    );
  }
  return (
    <Stack gap={4}>
      {event.deliveries.map((delivery) => (
        <Group key={delivery.id} gap="xs">
          <Anchor component={Link} to={`/deliveries/${delivery.id}`} size="sm" className="mono">
            {delivery.endpointUrl}
          </Anchor>
          <Status value={delivery.status} reason={delivery.lastError} />
          <Text span size="sm">
            {delivery.attemptCount} {delivery.attemptCount === 1 ? 'attempt' : 'attempts'}
            {delivery.lastStatusCode === null ? '' : `, last answer ${delivery.lastStatusCode}`}
          </Text>
          {delivery.nextAttemptAt ? (
            <Text span size="sm">
              next attempt <Countdown until={delivery.nextAttemptAt} />
            </Text>
          ) : null}
          <TemporalLink url={delivery.temporalUrl} label="workflow" />
        </Group>
      ))}
      <Text size="xs" c="dimmed">
        <Time at={event.createdAt} />
      </Text>
    </Stack>
  );
}
