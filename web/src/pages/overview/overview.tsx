import { Alert, Card, SegmentedControl, Skeleton, Stack, Title } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { api, read } from '../../api/client';
import type { paths } from '../../api/schema';
import { useFilters } from '../../components/filters';
import { Page } from '../../components/page';
import { ErrorNote } from '../../components/states';
import { Time } from '../../components/time';
import { Checklist } from './checklist';
import { FailingNow } from './failing-now';
import { rangeNames, readRange, type RangeName } from './figures';
import { Tiles } from './tiles';
import { useLiveRefresh } from './use-live-refresh';

export type OverviewData = paths['/api/v1/overview']['get']['responses'][200]['content']['application/json'];

const Charts = lazy(async () => ({ default: (await import('./charts')).Charts }));
/** The server keeps an answer for three seconds at least. */
const refreshMs = 3_000;
const ranges: { value: RangeName; label: string }[] = [
  { value: '1h', label: '1 h' },
  { value: '24h', label: '24 h' },
  { value: '7d', label: '7 d' },
  { value: '30d', label: '30 d' },
];

/** What came in, what went out, and what is failing now. */
export function Overview() {
  const filters = useFilters(['range']);
  const range = readRange(filters.get('range'));
  const query = useQuery({
    queryKey: ['overview', range],
    queryFn: () => read(api.GET('/api/v1/overview', { params: { query: { range } } })),
    placeholderData: keepPreviousData,
    // Time goes on where nothing changes.
    refetchInterval: 60_000,
  });
  useLiveRefresh(['events', 'deliveries', 'emails', 'rejections'], query.refetch, refreshMs);
  return (
    <Page
      title="Overview"
      about={`What came in, what went out, and what is failing now: ${rangeNames[range]}, updated as it happens.`}
      actions={
        <SegmentedControl
          aria-label="Range"
          data={ranges}
          value={range}
          onChange={(value) => filters.set('range', value === '24h' ? null : value)}
        />
      }
    >
      {query.data ? (
        <Figures data={query.data} isOld={query.isPlaceholderData} />
      ) : query.error ? (
        <ErrorNote error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <Loading />
      )}
    </Page>
  );
}

function Figures({ data, isOld }: { data: OverviewData; isOld: boolean }) {
  const isBegun = data.checklist.every(({ isDone }) => isDone);
  const hasFigures = Object.values(data.totals).some((value) => value > 0);
  return (
    <Stack gap="md" style={{ opacity: isOld ? 0.5 : 1 }}>
      {isBegun ? null : <Checklist steps={data.checklist} />}
      {data.isPartial ? (
        <Alert color="yellow" title="Not everything could be counted in time">
          The figures go back to <Time at={data.since} />. Choose a shorter range for all of it.
        </Alert>
      ) : null}
      <Tiles data={data} />
      <FailingNow rows={data.failingNow} />
      {hasFigures ? (
        <Suspense fallback={<ChartsLoading />}>
          <Charts data={data} />
        </Suspense>
      ) : null}
    </Stack>
  );
}

function Loading() {
  return (
    <Stack gap="md" aria-busy="true" aria-label="Loading">
      <Skeleton height={112} />
      <Skeleton height={180} />
      <ChartsLoading />
    </Stack>
  );
}

/** As high as the charts that come. */
function ChartsLoading() {
  return (
    <Card withBorder mih={300} aria-busy="true">
      <Title order={2} size="h5">
        Over time
      </Title>
      <Skeleton height={240} mt="sm" />
    </Card>
  );
}
