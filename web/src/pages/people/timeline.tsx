import { Button, Center, Timeline } from '@mantine/core';
import { useIntersection, useThrottledCallback } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api, read } from '../../api/client';
import { useLive } from '../../api/live';
import { usePages } from '../../api/pages';
import { Empty, ErrorNote, SkeletonRows } from '../../components/states';
import { TimelineEntry, bulletOf } from './timeline-item';

const loadTimeline = (id: string, cursor: string | undefined) =>
  read(
    api.GET('/api/v1/contacts/{id}/timeline', {
      params: { path: { id }, query: { limit: 30, ...(cursor === undefined ? {} : { cursor }) } },
    }),
  );

/** Everything that happened to a contact. More is loaded as one scrolls; what happens now comes in at the top. */
export function ContactTimeline({ contactId }: { contactId: string }) {
  const queries = useQueryClient();
  const { rows, query } = usePages(['timeline', contactId], (cursor) => loadTimeline(contactId, cursor));
  const refresh = useThrottledCallback(
    () => void queries.invalidateQueries({ queryKey: ['timeline', contactId] }),
    2_000,
  );
  useLive('contacts', ({ ids, isAll }) => {
    if (isAll || ids.includes(contactId)) refresh();
  });
  // Whose they are is known only once they are asked for.
  useLive('events', refresh);
  useLive('emails', refresh);
  useLive('runs', refresh);

  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const { ref, entry } = useIntersection({ rootMargin: '200px' });
  const isEndInView = entry?.isIntersecting === true;
  useEffect(() => {
    if (isEndInView && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [isEndInView, hasNextPage, isFetchingNextPage, fetchNextPage]);

  if (rows === undefined) {
    return query.error ? <ErrorNote error={query.error} onRetry={() => void query.refetch()} /> : <SkeletonRows />;
  }
  if (rows.length === 0) {
    return (
      <Empty title="Nothing happened yet">
        Identifies, tracks, emails and automations of this contact will stand here as they come.
      </Empty>
    );
  }
  return (
    <>
      <Timeline bulletSize={28} lineWidth={2} aria-label="What happened to this contact">
        {rows.map((item) => (
          <Timeline.Item key={item.id} bullet={bulletOf(item.kind)}>
            <TimelineEntry item={item} />
          </Timeline.Item>
        ))}
      </Timeline>
      {hasNextPage ? (
        <Center ref={ref} mt="md">
          <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show more
          </Button>
        </Center>
      ) : null}
    </>
  );
}

export type TimelineItem = Awaited<ReturnType<typeof loadTimeline>>['data'][number];
