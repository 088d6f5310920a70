import { Alert, Skeleton, Stack, Title } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { ErrorNote } from '../../../components/states';
import { Figures } from './result-figures';
import { ResultLinks } from './result-links';
import { ProgressPanel } from './progress-panel';
import { useResults } from './queries';
import type { Campaign } from './types';
import { Recipients } from './recipients';

const Timeline = lazy(async () => ({ default: (await import('./result-timeline')).ResultTimeline }));
const timelineHeight = 280;

/** A campaign that has begun: how far it is, what came of it, and of whom. */
export function CampaignResults({ campaign }: { campaign: Campaign }) {
  const query = useResults(campaign.id);
  const { data, error } = query;
  if (!data) {
    return error ? <ErrorNote error={error} onRetry={() => void query.refetch()} /> : <Skeleton h={420} />;
  }
  return (
    <Stack gap="lg">
      {data.problem === null ? null : (
        <Alert
          color="orange"
          variant="light"
          title={data.status === 'cancelled' ? 'It was given up' : 'It does not get on'}
        >
          {data.problem}
        </Alert>
      )}
      <ProgressPanel results={data} />
      <Figures results={data} />
      <section aria-labelledby="over-time">
        <Title order={2} size="h4" mb="sm" id="over-time">
          Opens and clicks over time
        </Title>
        <Suspense fallback={<Skeleton h={timelineHeight} />}>
          <Timeline timeline={data.timeline} height={timelineHeight} />
        </Suspense>
      </section>
      <ResultLinks links={data.links} others={data.otherLinks} />
      <Recipients campaignId={campaign.id} skippedBy={data.skippedBy} />
    </Stack>
  );
}
