import { Alert, Button, Card, Group, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { Link } from 'react-router';
import { Loaded } from '../../components/states';
import { Status } from '../../components/status';
import { Countdown, duration, Time } from '../../components/time';
import { percent } from './health-figures';
import { useHealth, type Endpoint, type EndpointHealth } from './queries';

const EndpointCharts = lazy(async () => ({ default: (await import('./endpoint-charts')).EndpointCharts }));
const chartsHeight = 520;

/** How an endpoint has done in the last 24 hours. */
export function EndpointOverview({ endpoint: { id, previousSecretExpiresAt } }: { endpoint: Endpoint }) {
  const query = useHealth(id);
  return (
    <Loaded query={query}>
      {(health) => (
        <Stack>
          <Group gap="xs">
            <Status value={health.pill} />
            <Text size="sm">{health.reason}</Text>
          </Group>
          {previousSecretExpiresAt !== null && Date.parse(previousSecretExpiresAt) > Date.now() ? (
            <Alert color="blue" title="Two secrets sign at the moment">
              The secret before the last rotation signs too until <Time at={previousSecretExpiresAt} />.
            </Alert>
          ) : null}
          <Figures health={health} />
          <Group gap="xs">
            <Button component={Link} to={`/deliveries?endpointId=${id}`} variant="light" size="xs">
              Its deliveries
            </Button>
            <Button component={Link} to={`/deliveries?endpointId=${id}&status=failed`} variant="default" size="xs">
              Failed
            </Button>
            <Button component={Link} to={`/deliveries?endpointId=${id}&status=retrying`} variant="default" size="xs">
              Waiting for a retry
            </Button>
          </Group>
          {health.hours === null ? (
            <Text size="sm">There were too many deliveries in the last 24 hours to count them in time.</Text>
          ) : (
            <Suspense fallback={<Skeleton h={chartsHeight} />}>
              <EndpointCharts hours={health.hours} />
            </Suspense>
          )}
        </Stack>
      )}
    </Loaded>
  );
}

function Figures({
  health: { total, failureRate, latency, lastDeliveredAt, nextAttemptAt },
}: {
  health: EndpointHealth;
}) {
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }}>
      <Figure label="Delivered in 24 h" value={total?.delivered.toLocaleString() ?? '–'} />
      <Figure label="Failed for good" value={total?.failed.toLocaleString() ?? '–'} />
      <Figure
        label="Waiting"
        value={total ? (total.pending + total.retrying).toLocaleString() : '–'}
        more={nextAttemptAt === null ? 'no retry is due' : <Countdown until={nextAttemptAt} />}
      />
      <Figure label="Held" value={total?.held.toLocaleString() ?? '–'} more="while paused or disabled" />
      <Figure label="Failure rate" value={percent(failureRate)} more="of what was attempted" />
      <Figure label="Half answered within" value={latency ? duration(latency.p50Ms) : '–'} />
      <Figure label="95 % answered within" value={latency ? duration(latency.p95Ms) : '–'} />
      <Figure
        label="Last delivered"
        value={lastDeliveredAt === null ? 'never' : <Time at={lastDeliveredAt} isRelative />}
      />
    </SimpleGrid>
  );
}

function Figure({ label, value, more }: { label: string; value: React.ReactNode; more?: React.ReactNode }) {
  return (
    <Card withBorder padding="sm">
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text fw={600} size="lg" className="numbers">
        {value}
      </Text>
      <Text size="xs" c="dimmed" component="div" mih={18}>
        {more}
      </Text>
    </Card>
  );
}
