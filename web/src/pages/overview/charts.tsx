import '@mantine/charts/styles.css';
import { BarChart, LineChart } from '@mantine/charts';
import { Card, SimpleGrid, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { bucketLabel, count, errorRate, rangeNames } from './figures';
import type { OverviewData } from './overview';

const height = 220;
const common = { h: height, dataKey: 'at', withLegend: true, tickLine: 'none' } as const;

/** The figures over time. Loaded after the rest of the page: the library behind it is larger than all else. */
export function Charts({ data }: { data: OverviewData }) {
  const { totals, byEvent } = data;
  const during = rangeNames[data.range];
  const rows = data.buckets.map((bucket) => ({
    ...bucket,
    at: bucketLabel(bucket.at, data.bucketMs),
    errorRate: errorRate(bucket),
  }));
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      <Chart
        title="Events"
        about={`${count(totals.received)} received and ${count(totals.rejected)} refused in ${during}`}
      >
        <BarChart
          {...common}
          data={rows}
          type="stacked"
          series={[
            { name: 'received', label: 'received', color: 'indigo.6' },
            { name: 'rejected', label: 'refused', color: 'red.6' },
          ]}
        />
      </Chart>
      <Chart
        title="Webhook deliveries"
        about={`${count(totals.delivered)} delivered, ${count(totals.retrying)} retrying and ${count(totals.failed)} failed in ${during}`}
      >
        <BarChart
          {...common}
          data={rows}
          type="stacked"
          series={[
            { name: 'delivered', color: 'teal.6' },
            { name: 'retrying', color: 'yellow.6' },
            { name: 'failed', color: 'red.6' },
          ]}
        />
      </Chart>
      <Chart title="Not arrived" about={`The share of deliveries that have failed or are retried, in ${during}`}>
        <BarChart
          {...common}
          data={rows}
          unit=" %"
          yAxisProps={{ domain: [0, 100] }}
          series={[{ name: 'errorRate', label: 'not arrived', color: 'red.6' }]}
        />
      </Chart>
      <Chart
        title="Email"
        about={`${count(totals.emailsSent)} sent, ${count(totals.opened)} opened, ${count(totals.clicked)} clicked and ${count(totals.bounced)} bounced in ${during}`}
      >
        <LineChart
          {...common}
          data={rows}
          curveType="monotone"
          withDots={false}
          series={[
            { name: 'emailsSent', label: 'sent', color: 'indigo.6' },
            { name: 'opened', color: 'teal.6' },
            { name: 'clicked', color: 'grape.6' },
            { name: 'bounced', color: 'red.6' },
          ]}
        />
      </Chart>
      {byEvent.length > 0 ? (
        <Chart title="Deliveries by event" about={`The events that deliveries of ${during} tell of`} isWide>
          <BarChart
            {...common}
            data={byEvent}
            dataKey="event"
            orientation="vertical"
            type="stacked"
            yAxisProps={{ width: 130 }}
            series={[
              { name: 'delivered', color: 'teal.6' },
              { name: 'retrying', color: 'yellow.6' },
              { name: 'failed', color: 'red.6' },
            ]}
          />
        </Chart>
      ) : null}
    </SimpleGrid>
  );
}

interface ChartProps {
  title: string;
  about: string;
  /** Over all columns. */
  isWide?: boolean;
  children: ReactNode;
}

/** The drawing says in words what it shows, for those who cannot see it. */
function Chart({ title, about, isWide, children }: ChartProps) {
  return (
    <Card withBorder mih={300} {...(isWide ? { style: { gridColumn: '1 / -1' } } : {})}>
      <Title order={2} size="h5">
        {title}
      </Title>
      <Text size="xs" c="dimmed" mb="sm">
        {about}
      </Text>
      <div role="img" aria-label={`${title}: ${about}`}>
        {children}
      </div>
    </Card>
  );
}
