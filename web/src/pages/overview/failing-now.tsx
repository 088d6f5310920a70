import { Anchor, Badge, Card, Group, Stack, Text, Title } from '@mantine/core';
import { Link } from 'react-router';
import { endpointName } from '../../components/endpoint-name';
import { Countdown, Time } from '../../components/time';
import { Status } from '../../components/status';
import { count } from './figures';
import type { OverviewData } from './overview';

type Row = OverviewData['failingNow'][number];

/** Endpoints whose deliveries do not arrive, with what is known of why and what comes next. */
export function FailingNow({ rows }: { rows: Row[] }) {
  return (
    <Card withBorder mih={96}>
      <Title order={2} size="h5">
        Failing now
      </Title>
      {rows.length === 0 ? (
        <Text size="sm" c="dimmed" mt="xs">
          Nothing is failing: every delivery has arrived, or waits for its first attempt.
        </Text>
      ) : (
        <Stack gap="sm" mt="sm">
          {rows.map((row) => (
            <Endpoint key={row.endpointId} row={row} />
          ))}
        </Stack>
      )}
    </Card>
  );
}

function Endpoint({ row }: { row: Row }) {
  const of = `/deliveries?endpointId=${row.endpointId}`;
  return (
    <Group justify="space-between" gap="xs" align="flex-start">
      <Stack gap={2} flex="1 1 260px" miw={0}>
        <Group gap="xs">
          <Anchor component={Link} to={`/settings/webhooks/${row.endpointId}`} size="sm" lineClamp={2} title={row.url}>
            {endpointName(row)}
          </Anchor>
          {row.status === 'active' ? null : <Status value={row.status} reason={row.reason} />}
        </Group>
        <Group gap={6}>
          {row.causes.slice(0, 4).map(({ cause, count: times }) => (
            <Badge key={cause} variant="light" color="red" tt="none">
              {cause} × {times}
            </Badge>
          ))}
        </Group>
      </Stack>
      <Stack gap={2}>
        <Group gap="sm">
          <Anchor component={Link} to={`${of}&status=retrying`} size="sm">
            {count(row.retrying)} retrying
          </Anchor>
          <Anchor component={Link} to={`${of}&status=failed`} size="sm">
            {count(row.failed)} failed
          </Anchor>
        </Group>
        <Text size="xs" c="dimmed" component="div">
          {row.nextAttemptAt ? (
            <>
              next attempt <Countdown until={row.nextAttemptAt} />
            </>
          ) : (
            'no attempt is planned; trigger them again'
          )}
          {row.oldestAt ? (
            <>
              {', oldest '}
              <Time at={row.oldestAt} isRelative />
            </>
          ) : null}
        </Text>
      </Stack>
    </Group>
  );
}
