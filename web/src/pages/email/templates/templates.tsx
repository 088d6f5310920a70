import { Button, Group, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { api, read } from '../../../api/client';
import { usePages } from '../../../api/pages';
import { Listing, type Column } from '../../../components/listing';
import { Page } from '../../../components/page';
import { Empty } from '../../../components/states';
import { Time } from '../../../components/time';

const load = (cursor: string | undefined) =>
  read(api.GET('/api/v1/templates', { params: { query: { limit: 50, ...(cursor ? { cursor } : {}) } } }));
type Row = Awaited<ReturnType<typeof load>>['data'][number];

const columns: Column<Row>[] = [
  { title: 'Name', cell: ({ name }) => name },
  {
    title: 'Subject',
    cell: ({ subject, preheader }) => (
      <Stack gap={0}>
        <span style={{ overflowWrap: 'anywhere' }}>{subject}</span>
        {preheader ? (
          <Text size="xs" c="dimmed" lineClamp={1}>
            {preheader}
          </Text>
        ) : null}
      </Stack>
    ),
  },
  { title: 'Changed', cell: ({ updatedAt }) => <Time at={updatedAt} isRelative />, isMinor: true, width: 140 },
];

export function TemplatesPage() {
  const list = usePages(['templates'], load);
  return (
    <Page
      title="Templates"
      about="Content under a name, for campaigns, automations and single emails."
      actions={
        <Button component={Link} to="/templates/new">
          New template
        </Button>
      }
    >
      <Listing
        label="Templates"
        list={list}
        columns={columns}
        href={({ id }) => `/templates/${id}`}
        empty={
          <Empty
            title="No templates yet"
            action={
              <Group mt="xs">
                <Button component={Link} to="/templates/new?from=starter" variant="light">
                  Begin with the starter template
                </Button>
                <Button component={Link} to="/templates/new" variant="default">
                  Begin with nothing
                </Button>
              </Group>
            }
          >
            A template is what emails are made of. The starter has a heading, a button and an unsubscribe link, and
            shows how values of a contact are written.
          </Empty>
        }
      />
    </Page>
  );
}
