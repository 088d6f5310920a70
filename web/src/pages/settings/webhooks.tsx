import { Badge, Skeleton, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useSession } from '../../api/session';
import { endpointName } from '../../components/endpoint-name';
import { GuardedButton } from '../../components/guarded-button';
import { Listing, type Column } from '../../components/listing';
import { Sparkline } from '../../components/sparkline';
import { Empty } from '../../components/states';
import { Status } from '../../components/status';
import { Countdown, duration, Time } from '../../components/time';
import { SettingsPage } from '../../layout/settings-tabs';
import { AddWebhook } from './add-webhook';
import { barsOf, percent } from './health-figures';
import { useEndpoints, useHealths, type Endpoint, type EndpointHealth } from './queries';
import { webhookEventNames } from './webhook-events';

const maxEndpoints = 10;

export function WebhooksPage() {
  const query = useEndpoints();
  const healths = useHealths();
  const { data: session } = useSession();
  const [isAdding, setIsAdding] = useState(false);
  const rows = query.data?.data;
  const add = (
    <GuardedButton reason={reasonNotToAdd(session?.workspace.plan, rows?.length)} onClick={() => setIsAdding(true)}>
      Add webhook
    </GuardedButton>
  );
  return (
    <SettingsPage
      title="Webhooks"
      about="Endpoints of yours that are told what happens: signed, tried again, and logged."
      actions={add}
    >
      <Listing
        label="Webhook endpoints"
        list={{ rows, query }}
        columns={columnsOf(new Map(healths.data?.data.map((health) => [health.endpointId, health])))}
        href={({ id }) => `/settings/webhooks/${id}`}
        empty={
          <Empty title="No webhooks yet" action={add}>
            Add the URL of your receiver, and choose among nine events. For a first try, <code>npm run receiver</code>{' '}
            takes webhooks at http://127.0.0.1:4000/ok.
          </Empty>
        }
      />
      <AddWebhook isOpen={isAdding} onClose={() => setIsAdding(false)} />
    </SettingsPage>
  );
}

function reasonNotToAdd(plan: string | undefined, count: number | undefined): string | undefined {
  if (plan === 'hobby') return 'Webhooks are part of the Starter plan and above: see Settings → General.';
  if (count !== undefined && count >= maxEndpoints) return `A workspace has at most ${maxEndpoints}; delete one first.`;
  return undefined;
}

type Cell = (health: EndpointHealth) => React.ReactNode;

function columnsOf(healths: ReadonlyMap<string, EndpointHealth>): Column<Endpoint>[] {
  /** A column that waits for the figures, which come a little later than the endpoints. */
  const healthColumn = (title: string, cell: Cell, isMinor?: true): Column<Endpoint> => ({
    ...{ title, ...(isMinor ? { isMinor } : {}) },
    cell({ id }) {
      const health = healths.get(id);
      return health ? cell(health) : <Skeleton h={20} w={64} />;
    },
  });
  return [
    {
      title: 'Endpoint',
      cell: (endpoint) => (
        <Stack gap={0} miw={180}>
          <Text inherit lineClamp={2} style={{ overflowWrap: 'anywhere' }}>
            {endpointName(endpoint)}
          </Text>
          <Text size="xs" c="dimmed" className="mono" lineClamp={2}>
            {endpoint.url}
          </Text>
        </Stack>
      ),
    },
    healthColumn('Health', ({ pill, reason }) => <Status value={pill} reason={reason} />),
    healthColumn('Last 24 hours', (health) => <Sparkline {...barsOf(health)} />, true),
    healthColumn('Failure rate', ({ failureRate }) => percent(failureRate)),
    healthColumn(
      'p95',
      ({ latency }) => (latency ? <span style={{ whiteSpace: 'nowrap' }}>{duration(latency.p95Ms)}</span> : '–'),
      true,
    ),
    {
      title: 'Events',
      isMinor: true,
      cell: ({ events }) => (
        <Badge variant="default" tt="none" miw="max-content" title={events.join(', ')}>
          {events.length} of {webhookEventNames.length}
        </Badge>
      ),
    },
    healthColumn(
      'Last delivery',
      ({ lastDeliveredAt }) => (lastDeliveredAt === null ? 'none' : <Time at={lastDeliveredAt} isRelative />),
      true,
    ),
    healthColumn(
      'Next attempt',
      ({ nextAttemptAt }) => (nextAttemptAt === null ? '–' : <Countdown until={nextAttemptAt} />),
      true,
    ),
  ];
}
