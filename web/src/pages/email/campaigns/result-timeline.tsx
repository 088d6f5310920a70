import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { Center, Text } from '@mantine/core';
import type { Results } from './types';

const hourMs = 3_600_000;
const hour = new Intl.DateTimeFormat(undefined, { weekday: 'short', hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/** First opens and clicks, hour by hour, later day by day. */
export function ResultTimeline({ timeline, height }: { timeline: Results['timeline']; height: number }) {
  const opened = timeline.reduce((sum, bucket) => sum + bucket.opened, 0);
  const clicked = timeline.reduce((sum, bucket) => sum + bucket.clicked, 0);
  if (opened + clicked === 0) {
    return (
      <Center h={height}>
        <Text c="dimmed" size="sm">
          Nothing was opened yet. Opens and clicks appear here as they are heard of.
        </Text>
      </Center>
    );
  }
  const data = timeline.map(({ from, until, ...counts }) => ({
    when: (Date.parse(until) - Date.parse(from) > hourMs ? day : hour).format(Date.parse(from)),
    ...counts,
  }));
  return (
    <div role="img" aria-label={`${opened} emails opened and ${clicked} clicked for the first time, over time`}>
      <BarChart
        h={height}
        data={data}
        dataKey="when"
        withLegend
        series={[
          { name: 'opened', label: 'Opened', color: 'indigo.6' },
          { name: 'clicked', label: 'Clicked', color: 'teal.6' },
        ]}
        barProps={{ maxBarSize: 28 }}
        yAxisProps={{ allowDecimals: false, width: 40 }}
      />
    </div>
  );
}
