import { Badge, Button, Group, Switch, Text } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { api, read, serverNowMs } from '../../api/client';
import { useSession } from '../../api/session';
import { useFilters } from '../../components/filters';
import { Listing } from '../../components/listing';
import { showDone } from '../../components/notify';
import { Page } from '../../components/page';
import { Empty } from '../../components/states';
import { BulkBar } from './bulk-bar';
import { useEndpointNames } from './endpoint-names';
import { useLiveLog } from './live-log';
import { logColumns, rowLink } from './log-columns';
import { LogFilters } from './log-filters';
import { filterNames, queryOf } from './log-query';
import { useBulk } from './queries';
import { RecoverDialog } from './recover-dialog';

export function DeliveriesPage() {
  const filters = useFilters(filterNames);
  const [isLive, setIsLive] = useState(true);
  const [isRecovering, setIsRecovering] = useState(false);
  const [chosen, setChosen] = useState<string[]>([]);
  const { list, waiting, showNew } = useLiveLog(filters, !isLive || chosen.length > 0);
  const names = useEndpointNames();
  const slots = 1 + (useSession().data?.server.retryDelaysMs.length ?? 5);
  useRowKeys();
  const shown = list.rows?.map(({ id }) => id) ?? [];
  const selection = {
    has: (id: string) => chosen.includes(id),
    toggle: (id: string) =>
      setChosen((before) => (before.includes(id) ? before.filter((each) => each !== id) : [...before, id])),
  };
  const query = new URLSearchParams(
    Object.entries(queryOf(filters, serverNowMs())).flatMap(([name, value]) =>
      [value].flat().map((part) => [name, part]),
    ),
  );
  return (
    <Page
      title="Deliveries"
      about="Every webhook on its way to an endpoint: what was tried, what came back, and what comes next."
      actions={
        <>
          <Button variant="default" component="a" href={`/api/v1/webhook-deliveries/export.csv?${query}`} download>
            Export CSV
          </Button>
          <Button variant="default" onClick={() => setIsRecovering(true)}>
            Recover failed …
          </Button>
        </>
      }
    >
      <LogFilters filters={filters} />
      <Group justify="space-between" mih={36}>
        <Found filters={filters} />
        <Group gap="md">
          {waiting > 0 ? (
            <Button size="compact-sm" variant="light" onClick={showNew} aria-live="polite">
              {waiting} new
            </Button>
          ) : null}
          <Switch
            label="Live"
            checked={isLive}
            onChange={({ currentTarget }) => setIsLive(currentTarget.checked)}
            description={isLive ? undefined : 'New ones wait'}
          />
        </Group>
      </Group>
      <BulkBar ids={chosen} shown={shown} onSelect={setChosen} />
      <Listing
        label="Deliveries"
        list={list}
        columns={logColumns(selection, slots, names)}
        onClearFilters={filters.isSet ? filters.clear : undefined}
        empty={<NothingYet hasEndpoints={names.endpoints.length > 0} />}
      />
      <RecoverDialog
        isOpen={isRecovering}
        onClose={() => setIsRecovering(false)}
        endpointId={filters.get('endpointId')}
      />
    </Page>
  );
}

function Found({ filters }: { filters: ReturnType<typeof useFilters<(typeof filterNames)[number]>> }) {
  const { data } = useQuery({
    queryKey: ['deliveries-count', filters.text],
    queryFn: () =>
      read(api.GET('/api/v1/webhook-deliveries/count', { params: { query: queryOf(filters, serverNowMs()) } })),
    refetchInterval: 10_000,
  });
  if (!data) return <Badge variant="transparent">…</Badge>;
  const number = data.count.toLocaleString();
  return (
    <Text size="sm" c="dimmed" className="numbers">
      {data.isMore ? `More than ${number} deliveries` : data.count === 1 ? 'One delivery' : `${number} deliveries`}
      <Text span inherit visibleFrom="sm">
        {' '}
        · keys: j and k go through them, Enter opens, r retriggers
      </Text>
    </Text>
  );
}

function NothingYet({ hasEndpoints }: { hasEndpoints: boolean }) {
  return (
    <Empty
      title="No deliveries yet"
      action={
        <Button variant="light" component={Link} to={hasEndpoints ? '/settings/integrations' : '/settings/webhooks'}>
          {hasEndpoints ? 'Send a sample identify' : 'Add webhook'}
        </Button>
      }
    >
      {hasEndpoints
        ? 'The first event that an endpoint has asked for makes the first delivery.'
        : 'Add the https URL of your receiver; each event that it asks for is delivered there, and listed here.'}
    </Empty>
  );
}

/** j and k go from row to row, r retriggers the one that is focused. */
function useRowKeys(): void {
  const bulk = useBulk();
  const go = (by: 1 | -1): void => {
    const links = [...document.querySelectorAll<HTMLElement>(`[${rowLink}]`)];
    const at = links.findIndex((link) => link === document.activeElement);
    links[at === -1 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
  };
  useHotkeys([
    ['j', () => go(1)],
    ['k', () => go(-1)],
    [
      'r',
      () => {
        const id = document.activeElement?.getAttribute(rowLink);
        if (id === null || id === undefined || bulk.isPending) return;
        bulk.mutate(
          { action: 'retrigger', ids: [id] },
          { onSuccess: ({ results }) => results.forEach(({ detail }) => showDone(detail)) },
        );
      },
    ],
  ]);
}
