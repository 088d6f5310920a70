import { Anchor, Card, Group, SimpleGrid, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { Sparkline } from '../../components/sparkline';
import { count, rangeNames, share } from './figures';
import type { OverviewData } from './overview';

/** The four figures that are looked at first, each with its way to what is behind it. */
export function Tiles({ data }: { data: OverviewData }) {
  const { totals, queue, buckets, unresolved } = data;
  const during = rangeNames[data.range];
  const since = encodeURIComponent(data.since);
  const attempted = totals.delivered + totals.failed + totals.retrying;
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }} spacing="md">
      <Tile
        title="Events received"
        value={count(totals.received)}
        to="/events"
        line={
          <Sparkline
            values={buckets.map(({ received }) => received)}
            label={`${totals.received} events in ${during}`}
          />
        }
      >
        <Drill to={`/events?status=unresolved&since=${since}`}>{count(unresolved)} came to nobody</Drill>
        <Drill to="/rejections">{count(totals.rejected)} refused</Drill>
      </Tile>
      <Tile
        title="Webhooks delivered"
        value={count(totals.delivered)}
        to={`/deliveries?status=delivered`}
        line={
          <Sparkline
            values={buckets.map(({ delivered, failed, retrying }) => delivered + failed + retrying)}
            failed={buckets.map(({ failed, retrying }) => failed + retrying)}
            label={`${attempted} deliveries in ${during}, of which ${totals.failed + totals.retrying} have not arrived`}
          />
        }
      >
        <Drill to="/deliveries?status=failed">{count(totals.failed)} failed</Drill>
        <Text span size="sm" c="dimmed">
          {share(totals.failed + totals.retrying, attempted)} not arrived
        </Text>
      </Tile>
      <Tile
        title="Waiting for a retry now"
        value={count(queue.waitingForRetry)}
        to="/deliveries?status=retrying"
        line={
          <Sparkline
            values={buckets.map(({ retrying }) => retrying)}
            failed={buckets.map(({ retrying }) => retrying)}
            label={`${totals.retrying} deliveries of ${during} wait for a retry`}
          />
        }
      >
        <Drill to="/deliveries?status=pending">{count(queue.pending)} pending</Drill>
        <Drill to="/deliveries?status=held">{count(queue.held)} held</Drill>
      </Tile>
      <Tile
        title="Emails sent"
        value={count(totals.emailsSent)}
        to="/emails"
        line={
          <Sparkline
            values={buckets.map(({ emailsSent }) => emailsSent)}
            label={`${totals.emailsSent} emails in ${during}`}
          />
        }
      >
        <Text span size="sm" c="dimmed">
          {count(totals.opened)} opened, {count(totals.clicked)} clicked
        </Text>
        <Drill to="/emails?outcome=bounced">{count(totals.bounced)} bounced</Drill>
      </Tile>
    </SimpleGrid>
  );
}

function Tile({
  title,
  value,
  to,
  line,
  children,
}: {
  title: string;
  value: string;
  to: string;
  line: ReactNode;
  children: ReactNode;
}) {
  return (
    <Card withBorder padding="sm" mih={112}>
      <Anchor component={Link} to={to} size="sm" c="dimmed">
        {title}
      </Anchor>
      <Group justify="space-between" align="flex-end" wrap="nowrap" my={4}>
        <Text size="xl" fw={700} className="numbers">
          {value}
        </Text>
        {line}
      </Group>
      <Group gap="sm">{children}</Group>
    </Card>
  );
}

function Drill({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Anchor component={Link} to={to} size="sm">
      {children}
    </Anchor>
  );
}
