import { Anchor, Button } from '@mantine/core';
import { Link } from 'react-router';
import { api, read } from '../../api/client';
import { usePages } from '../../api/pages';
import { Listing, type Column } from '../../components/listing';
import { Page } from '../../components/page';
import { Empty } from '../../components/states';
import { Time } from '../../components/time';
import { Wrapped } from './contact-columns';

const loadForms = (cursor: string | undefined) =>
  read(api.GET('/api/v1/forms', { params: { query: { limit: 50, ...(cursor === undefined ? {} : { cursor }) } } }));
export type Form = Awaited<ReturnType<typeof loadForms>>['data'][number];

export function FormsPage() {
  const list = usePages(['forms', 'pages'], loadForms);
  const add = (
    <Button component={Link} to="/forms/new">
      Add a form
    </Button>
  );
  return (
    <Page title="Forms" about="Sign-up forms: each has a page of its own, and HTML for yours." actions={add}>
      <Listing
        label="Forms"
        list={list}
        columns={columns}
        href={({ id }) => `/forms/${id}`}
        empty={
          <Empty title="No forms yet" action={add}>
            Let people sign up by themselves. With double opt-in each confirms it by a link in an email.
          </Empty>
        }
      />
    </Page>
  );
}

const columns: Column<Form>[] = [
  { title: 'Name', cell: ({ name }) => <Wrapped>{name}</Wrapped> },
  { title: 'Double opt-in', cell: ({ doubleOptIn }) => (doubleOptIn ? 'yes' : 'no'), isMinor: true },
  {
    title: 'Asked to confirm',
    align: 'right',
    isMinor: true,
    cell: ({ doubleOptIn, counts }) => (doubleOptIn || counts.asked > 0 ? counts.asked.toLocaleString() : '–'),
  },
  { title: 'Joined', align: 'right', cell: ({ counts }) => counts.joined.toLocaleString() },
  {
    title: 'Page',
    cell: ({ url, name }) => (
      <Anchor href={url} target="_blank" rel="noreferrer" size="sm" aria-label={`Open the page of ${name}`}>
        Open
      </Anchor>
    ),
  },
  { title: 'Changed', cell: ({ updatedAt }) => <Time at={updatedAt} isRelative />, isMinor: true },
];
