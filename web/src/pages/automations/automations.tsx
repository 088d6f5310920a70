import { Button, Group, Text } from '@mantine/core';
import { Link } from 'react-router';
import { api, read } from '../../api/client';
import { useLive } from '../../api/live';
import { usePages } from '../../api/pages';
import { Listing, type Column } from '../../components/listing';
import { Page } from '../../components/page';
import { Empty } from '../../components/states';
import { Status } from '../../components/status';
import { Time } from '../../components/time';
import { useRefreshAutomations } from './queries';

const load = (cursor: string | undefined) =>
  read(
    api.GET('/api/v1/automations', {
      params: { query: { limit: 50, include: 'activity', ...(cursor ? { cursor } : {}) } },
    }),
  );
type Row = Awaited<ReturnType<typeof load>>['data'][number];

const columns: Column<Row>[] = [
  { title: 'Name', cell: ({ name }) => <span style={{ overflowWrap: 'anywhere' }}>{name}</span> },
  { title: 'Status', cell: ({ status }) => <Status value={status} /> },
  {
    title: 'Starts with',
    cell: ({ trigger }) => <span className="mono">{trigger.eventName}</span>,
    isMinor: true,
  },
  { title: 'Runs now', cell: ({ activity }) => activity?.running ?? '–', align: 'right' },
  {
    title: 'Last run',
    cell: ({ activity }) => (activity?.lastStartedAt ? <Time at={activity.lastStartedAt} isRelative /> : 'never'),
    isMinor: true,
  },
  { title: 'Version', cell: ({ version }) => version, align: 'right', isMinor: true },
];

export function AutomationsPage() {
  const refresh = useRefreshAutomations();
  const list = usePages(['automations', 'list'], load);
  useLive('runs', () => void refresh());
  const add = (
    <Button component={Link} to="/automations/new">
      New automation
    </Button>
  );
  return (
    <Page title="Automations" about="Steps that begin for a contact when an event of a name comes in." actions={add}>
      <Listing
        label="Automations"
        list={list}
        columns={columns}
        href={({ id }) => `/automations/${id}`}
        empty={
          <Empty
            title="No automations yet"
            action={
              <Group justify="center" mt="xs">
                <Button component={Link} to="/automations/new?from=welcome">
                  Start from “Welcome”
                </Button>
                <Button component={Link} to="/automations/new" variant="default">
                  Start from nothing
                </Button>
              </Group>
            }
          >
            <Text inherit>
              “Welcome” greets those who send the event Signed Up, and looks whether they have opened the email. You can
              try it with a sample event before anything is sent.
            </Text>
          </Empty>
        }
      />
    </Page>
  );
}
