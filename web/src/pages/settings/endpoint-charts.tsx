import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { Stack, Title } from '@mantine/core';
import { chartRows } from './health-figures';
import type { EndpointHealth } from './queries';

const hourFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/** What was made in each hour by what became of it, and how much of it has not arrived. */
export function EndpointCharts({ hours }: { hours: NonNullable<EndpointHealth['hours']> }) {
  const data = chartRows(hours, (at) => hourFormat.format(Date.parse(at)));
  return (
    <Stack gap="md">
      <Title order={2} size="h5">
        Deliveries by the hour
      </Title>
      <BarChart
        h={220}
        data={data}
        dataKey="hour"
        type="stacked"
        withLegend
        legendProps={{ verticalAlign: 'bottom' }}
        series={[
          { name: 'delivered', color: 'teal.6' },
          { name: 'retrying', color: 'yellow.6' },
          { name: 'pending', color: 'blue.5' },
          { name: 'failed', color: 'red.6' },
          { name: 'held', color: 'gray.5' },
          { name: 'cancelled', color: 'gray.7' },
        ]}
        role="img"
        aria-label="Deliveries of each hour, stacked by their status"
      />
      <Title order={2} size="h5">
        Failure rate by the hour
      </Title>
      <BarChart
        h={180}
        data={data}
        dataKey="hour"
        unit=" %"
        yAxisProps={{ domain: [0, 100] }}
        series={[{ name: 'rate', label: 'Failure rate', color: 'red.6' }]}
        role="img"
        aria-label="Share of what was attempted in each hour that has not arrived, in percent"
      />
    </Stack>
  );
}
