import { Text } from '@mantine/core';
import { api, read } from '../../api/client';
import { usePages } from '../../api/pages';
import type { paths } from '../../api/schema';
import { Listing, type Column } from '../../components/listing';
import { Page } from '../../components/page';
import { Empty } from '../../components/states';
import { Status } from '../../components/status';
import { Time } from '../../components/time';
import { useLiveRefresh } from './use-live-refresh';

type Row = paths['/api/v1/rejections']['get']['responses'][200]['content']['application/json']['data'][number];

const columns: Column<Row>[] = [
  {
    title: 'Why it was refused',
    cell: ({ reason }) => (
      <Text span size="sm" lineClamp={2} style={{ overflowWrap: 'anywhere' }}>
        {reason}
      </Text>
    ),
  },
  {
    title: 'Field',
    cell: ({ pointer }) => <span className="mono">{pointer === '' ? 'the whole' : pointer}</span>,
    isMinor: true,
    width: 130,
  },
  { title: 'Source', cell: ({ source }) => source, isMinor: true, width: 110 },
  {
    title: 'Sent again',
    cell: ({ resentAt }) => (resentAt === null ? <Status value="not yet" /> : <Time at={resentAt} isRelative />),
    width: 120,
  },
  { title: 'Received', cell: ({ receivedAt }) => <Time at={receivedAt} />, width: 200 },
];

/** What was refused, and why: no platform sends it again by itself. */
export function Rejections() {
  const list = usePages(['rejections'], (cursor) =>
    read(
      api.GET('/api/v1/rejections', {
        params: { query: { limit: 50, ...(cursor === undefined ? {} : { cursor }) } },
      }),
    ),
  );
  useLiveRefresh(['rejections'], list.query.refetch, 1_000);
  return (
    <Page
      title="Rejections"
      about="Messages that could not be taken. Platforms do not send them again: mend one, and send it from here."
    >
      <Listing
        label="Rejections"
        list={list}
        columns={columns}
        href={({ id }) => `/rejections/${id}`}
        empty={
          <Empty title="Nothing was refused">
            A message that is not JSON, has no type or names nobody would stand here with the reason, to be mended and
            sent again.
          </Empty>
        }
      />
    </Page>
  );
}
