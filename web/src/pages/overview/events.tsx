import { Alert, Anchor, Button, Group, Switch, Text } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import { api, read } from '../../api/client';
import { usePages } from '../../api/pages';
import { useFilters } from '../../components/filters';
import { Listing, type Column } from '../../components/listing';
import { Page } from '../../components/page';
import { Status } from '../../components/status';
import { Time } from '../../components/time';
import { eventFilters, EventFilters, queryOf } from './event-filters';
import { eventTitle, whatHappened, type EventRow } from './event-words';
import { NoEvents } from './no-events';
import { useTail } from './use-tail';

const columns: Column<EventRow>[] = [
  { title: 'Event', cell: (row) => <Wide px={110}>{eventTitle(row)}</Wide> },
  { title: 'Status', cell: (row) => <EventStatus row={row} />, width: 120 },
  { title: 'What happened', cell: (row) => <What row={row} /> },
  { title: 'Who', cell: (row) => <Who row={row} />, isMinor: true, width: '20%' },
  { title: 'Source', cell: ({ source }) => source, isMinor: true, width: 110 },
  { title: 'Received', cell: ({ receivedAt }) => <Time at={receivedAt} />, width: 200 },
];

/** What has come in, live. */
export function Events() {
  const filters = useFilters(eventFilters);
  const [isLive, setIsLive] = useState(true);
  const list = usePages(['events', filters.text], (cursor) =>
    read(
      api.GET('/api/v1/events', {
        params: { query: { limit: 50, ...queryOf(filters.get), ...(cursor === undefined ? {} : { cursor }) } },
      }),
    ),
  );
  const tail = useTail(list, isLive);
  return (
    <Page
      title="Events"
      about="Every message that was received, with what became of it."
      actions={
        <Switch
          label="Live"
          checked={isLive}
          onChange={(event) => setIsLive(event.currentTarget.checked)}
          description={isLive ? 'New events appear by themselves' : 'Paused'}
        />
      }
    >
      <EventFilters filters={filters} />
      {tail.waiting > 0 ? (
        <Alert color="indigo" py="xs" role="status">
          <Group justify="space-between">
            <Text size="sm">{tail.hasMore ? `More than ${tail.waiting}` : tail.waiting} new since you paused</Text>
            <Button size="xs" variant="light" onClick={() => tail.show()}>
              Show them
            </Button>
          </Group>
        </Alert>
      ) : null}
      <Listing
        label="Events"
        list={list}
        columns={columns}
        href={(row) => `/events/${encodeURIComponent(row.id)}`}
        empty={<NoEvents />}
        onClearFilters={filters.isSet ? filters.clear : undefined}
      />
    </Page>
  );
}

function Who({ row: { email, userId, contactId } }: { row: EventRow }) {
  const name = email ?? userId;
  if (contactId === null) {
    return (
      <Text span c="dimmed" size="sm" style={{ overflowWrap: 'anywhere' }}>
        {name ?? 'nobody'}
      </Text>
    );
  }
  return (
    <Anchor component={Link} to={`/contacts/${contactId}`} size="sm" style={{ overflowWrap: 'anywhere' }}>
      {name ?? 'contact'}
    </Anchor>
  );
}

/** On a phone the table is wider than the screen and is pushed aside in its box, rather than its words broken. */
function Wide({ px, children }: { px: number; children: ReactNode }) {
  return <span style={{ display: 'inline-block', minWidth: px, overflowWrap: 'anywhere' }}>{children}</span>;
}

function EventStatus({ row: { status, reason } }: { row: EventRow }) {
  return (
    <Wide px={90}>
      <Status value={status} reason={reason} />
    </Wide>
  );
}

function What({ row }: { row: EventRow }) {
  return (
    <Text span size="sm" lineClamp={2} miw={180} style={{ overflowWrap: 'anywhere' }}>
      {whatHappened(row)}
    </Text>
  );
}
