import { Button, Group, Text } from '@mantine/core';
import { useThrottledCallback } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { api, read } from '../../api/client';
import { useLive } from '../../api/live';
import { usePages } from '../../api/pages';
import { CopyText } from '../../components/copy';
import { Listing } from '../../components/listing';
import { Page } from '../../components/page';
import { Empty, ErrorNote } from '../../components/states';
import { contactColumns } from './contact-columns';
import { countOf } from './lists';

export function ListPage() {
  const { id = '' } = useParams();
  const queries = useQueryClient();
  const path = { id };
  const list = useQuery({
    queryKey: ['lists', 'one', id],
    queryFn: () => read(api.GET('/api/v1/lists/{id}', { params: { path } })),
  });
  const members = usePages(['contacts', 'of list', id], (cursor) =>
    read(
      api.GET('/api/v1/lists/{id}/contacts', {
        params: { path, query: { limit: 50, ...(cursor === undefined ? {} : { cursor }) } },
      }),
    ),
  );
  const refresh = useThrottledCallback(() => {
    void queries.invalidateQueries({ queryKey: ['contacts', 'of list', id] });
    void queries.invalidateQueries({ queryKey: ['lists', 'one', id] });
  }, 2_000);
  useLive('contacts', refresh);
  const back = { to: '/lists', label: 'Lists' };
  if (list.error) {
    return (
      <Page title="List" back={back}>
        <ErrorNote error={list.error} onRetry={() => void list.refetch()} />
      </Page>
    );
  }
  return (
    <Page
      title={list.data?.name ?? 'List'}
      about={list.data ? `${countOf(list.data)} contacts` : 'Counting…'}
      back={back}
      actions={
        <>
          <Button variant="default" component={Link} to={`/contacts?list=${id}`}>
            Search in it
          </Button>
          <Button component={Link} to={`/imports/new?list=${id}`}>
            Import contacts to it
          </Button>
        </>
      }
    >
      <Group gap="xs">
        <Text size="sm" c="dimmed">
          Id for the API, and for listId of an integration:
        </Text>
        <CopyText value={id} label="list id" />
      </Group>
      <Listing
        label="Contacts on the list"
        list={members}
        columns={contactColumns}
        href={(contact) => `/contacts/${contact.id}`}
        empty={
          <Empty title="Nobody is on it yet">
            Import a CSV file to it, let a form or an automation put contacts on it, or add them on their own pages.
          </Empty>
        }
      />
    </Page>
  );
}
