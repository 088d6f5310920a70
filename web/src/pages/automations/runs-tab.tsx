import { Anchor, Chip, Group, Pill, Text } from '@mantine/core';
import { Link } from 'react-router';
import { api, read } from '../../api/client';
import { usePages } from '../../api/pages';
import { useFilters } from '../../components/filters';
import { Listing, type Column } from '../../components/listing';
import { Empty } from '../../components/states';
import { Status } from '../../components/status';
import { Time } from '../../components/time';
import type { Automation, Run } from './queries';
import { numberOf } from './words';

const statuses = ['running', 'completed', 'stopped'] as const;

const columns: Column<Run>[] = [
  { title: 'Begun', cell: ({ startedAt }) => <Time at={startedAt} /> },
  { title: 'Status', cell: ({ status, reason }) => <Status value={status} reason={reason} /> },
  { title: 'Contact', cell: ({ contactId }) => <span className="mono">{contactId}</span>, isMinor: true },
  { title: 'At step', cell: ({ position }) => numberOf(position.join('.')), align: 'right' },
  { title: 'Steps done', cell: ({ log }) => log.length, align: 'right', isMinor: true },
  { title: 'Version', cell: ({ version }) => version, align: 'right', isMinor: true },
];

/** Who has been through the automation, or is in it. */
export function RunsTab({ automation }: { automation: Automation }) {
  const { id } = automation;
  const filters = useFilters(['status', 'position', 'version']);
  const status = statuses.find((known) => known === filters.get('status'));
  const position = filters.get('position');
  const version = Number(filters.get('version')) || undefined;
  const list = usePages(['automations', 'runs', id, filters.text], (cursor) =>
    read(
      api.GET('/api/v1/automations/{id}/runs', {
        params: {
          path: { id },
          query: {
            limit: 50,
            ...(status && position === undefined ? { status } : {}),
            ...(position === undefined ? {} : { position, ...(version ? { version } : {}) }),
            ...(cursor ? { cursor } : {}),
          },
        },
      }),
    ),
  );
  return (
    <>
      <Group mb="md">
        {position === undefined ? (
          <Chip.Group value={status ?? ''} onChange={(value) => filters.set('status', String(value))}>
            <Chip value="">All</Chip>
            {statuses.map((each) => (
              <Chip key={each} value={each}>
                {each}
              </Chip>
            ))}
          </Chip.Group>
        ) : (
          <Pill
            withRemoveButton
            onRemove={filters.clear}
            removeButtonProps={{ 'aria-label': 'Show all runs' }}
            size="md"
          >
            at step {numberOf(position)} of version {version ?? automation.version} now
          </Pill>
        )}
      </Group>
      <Listing
        label="Runs"
        list={list}
        columns={columns}
        href={(run) => `/automations/${id}/runs/${encodeURIComponent(run.id)}`}
        empty={
          <Empty title="No runs yet">
            <Text inherit>
              {automation.status === 'active'
                ? `Send a track of “${automation.trigger.eventName}” for a contact that is known, and its run shows here.`
                : 'Activate the automation first: until then an event starts nothing.'}
            </Text>
            <Anchor component={Link} to={`/why?automation=${id}`} inherit underline="always">
              Ask why nobody is in it
            </Anchor>
          </Empty>
        }
        onClearFilters={filters.isSet ? filters.clear : undefined}
      />
    </>
  );
}
