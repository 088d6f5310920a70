import { Button, Group, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback, useThrottledCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import { api, read } from '../../api/client';
import { useLive } from '../../api/live';
import { usePages } from '../../api/pages';
import { useFilters } from '../../components/filters';
import { Listing } from '../../components/listing';
import { Page } from '../../components/page';
import { Empty } from '../../components/states';
import { contactColumns } from './contact-columns';
import { NewContact } from './new-contact';
import { useLists } from './queries';

const statuses = ['active', 'unsubscribed', 'bounced', 'complained'] as const;
const filterNames = ['search', 'status', 'list'] as const;
/** A search looks at a thousand contacts in a call; so many calls are made before somebody is asked. */
const mostCalls = 20;

export function ContactsPage() {
  const filters = useFilters(filterNames);
  const queries = useQueryClient();
  const [isAdding, setIsAdding] = useState(false);
  const status = statuses.find((each) => each === filters.get('status'));
  const search = filters.get('search');
  const listId = filters.get('list');
  const list = usePages(['contacts', filters.text], (cursor) =>
    read(
      api.GET('/api/v1/contacts', {
        params: {
          query: {
            limit: 50,
            ...(cursor === undefined ? {} : { cursor }),
            ...(search === undefined ? {} : { search }),
            ...(status === undefined ? {} : { status }),
            ...(listId === undefined ? {} : { listId }),
          },
        },
      }),
    ),
  );
  const refresh = useThrottledCallback(() => void queries.invalidateQueries({ queryKey: ['contacts'] }), 2_000);
  useLive('contacts', refresh);
  const { rows, isLooking, lookOn } = useFurtherLooking(list);
  return (
    <Page
      title="Contacts"
      about="Everyone that your platforms, forms and imports have told of."
      actions={
        <>
          <Button variant="default" component={Link} to="/imports/new">
            Import a CSV
          </Button>
          <Button onClick={() => setIsAdding(true)}>Add a contact</Button>
        </>
      }
    >
      <Filters filters={filters} />
      {isLooking ? null : lookOn ? (
        <Empty title="Nothing found so far" action={<Button onClick={lookOn}>Look on</Button>}>
          Many contacts match the search, and none of those that were looked at passes the filters.
        </Empty>
      ) : null}
      {lookOn && !isLooking ? null : (
        <Listing
          label="Contacts"
          list={{ rows, query: list.query }}
          columns={contactColumns}
          href={({ id }) => `/contacts/${id}`}
          onClearFilters={filters.isSet ? filters.clear : undefined}
          empty={
            <Empty
              title="No contacts yet"
              action={
                <Button component={Link} to="/settings/integrations" variant="light">
                  Connect Segment or RudderStack
                </Button>
              }
            >
              The first identify of your platform makes the first contact. Or import a CSV file, or put a sign-up form
              on your site.
            </Empty>
          }
        />
      )}
      <NewContact isOpen={isAdding} onClose={() => setIsAdding(false)} />
    </Page>
  );
}

function Filters({ filters }: { filters: ReturnType<typeof useFilters<(typeof filterNames)[number]>> }) {
  const { options } = useLists();
  const [text, setText] = useState(filters.get('search') ?? '');
  const setSearch = useDebouncedCallback((value: string) => filters.set('search', value.trim()), 250);
  const inUrl = filters.get('search');
  // Cleared, or another link was followed.
  useEffect(() => setText((before) => (before.trim() === (inUrl ?? '') ? before : (inUrl ?? ''))), [inUrl]);
  return (
    <Group align="flex-end">
      <TextInput
        label="Search"
        placeholder="Start of an email or a name, or a user id"
        type="search"
        leftSection={<IconSearch size={16} />}
        value={text}
        maxLength={254}
        onChange={({ currentTarget }) => {
          setText(currentTarget.value);
          setSearch(currentTarget.value);
        }}
        style={{ flexGrow: 1, maxWidth: 420 }}
      />
      <Select
        label="Status"
        placeholder="Any"
        data={[...statuses]}
        clearable
        clearButtonProps={{ 'aria-label': 'Any status' }}
        value={filters.get('status') ?? null}
        onChange={(value) => filters.set('status', value)}
        w={160}
      />
      <Select
        label="List"
        placeholder="Any"
        data={options}
        searchable
        clearable
        clearButtonProps={{ 'aria-label': 'Any list' }}
        nothingFoundMessage="No list has that name"
        value={filters.get('list') ?? null}
        onChange={(value) => filters.set('list', value)}
        w={200}
      />
    </Group>
  );
}

type Contacts = ReturnType<typeof usePages<Parameters<(typeof contactColumns)[number]['cell']>[0]>>;

/** A page of a search may be empty and not the last: then the next one is asked for. */
function useFurtherLooking({ rows, query }: Contacts) {
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const calls = query.data?.pages.length ?? 0;
  const isEmptySoFar = rows?.length === 0 && hasNextPage;
  const isAllowed = calls % mostCalls !== 0;
  const isLooking = isEmptySoFar && (isAllowed || isFetchingNextPage);
  useEffect(() => {
    if (isEmptySoFar && isAllowed && !isFetchingNextPage) void fetchNextPage();
  }, [isEmptySoFar, isAllowed, isFetchingNextPage, fetchNextPage]);
  return {
    rows: isLooking ? undefined : rows,
    isLooking,
    lookOn: isEmptySoFar && !isLooking ? () => void fetchNextPage() : undefined,
  };
}
