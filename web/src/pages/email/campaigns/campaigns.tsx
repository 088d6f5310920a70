import { Button, Progress, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import { useLive } from '../../../api/live';
import { usePages } from '../../../api/pages';
import { Listing, type Column } from '../../../components/listing';
import { Page } from '../../../components/page';
import { Empty } from '../../../components/states';
import { Status } from '../../../components/status';
import { Countdown, Time } from '../../../components/time';
import { count, shareDone, workedOff } from './figures';
import { loadCampaigns } from './queries';
import type { CampaignSummary } from './types';

const heard = ({ startedAt, counts, rates }: CampaignSummary, what: 'opened' | 'clicked') =>
  startedAt === null ? (
    '–'
  ) : (
    <Stack gap={0} align="flex-end" className="numbers">
      <span>{count(counts[what])}</span>
      <Text size="xs" c="dimmed">
        {rates[what]} %
      </Text>
    </Stack>
  );

const columns: Column<CampaignSummary>[] = [
  {
    title: 'Campaign',
    cell: ({ name }) => name,
  },
  { title: 'Status', cell: (campaign) => <Status value={campaign.status} reason={campaign.problem} />, width: 110 },
  { title: 'Sent', cell: (campaign) => <HowFar campaign={campaign} />, width: 190 },
  { title: 'Opened', align: 'right', isMinor: true, cell: (each) => heard(each, 'opened') },
  {
    title: 'Clicked',
    align: 'right',
    isMinor: true,
    cell: (each) => heard(each, 'clicked'),
  },
  {
    title: 'When',
    isMinor: true,
    width: 150,
    cell: ({ status, scheduledAt, startedAt, createdAt }) =>
      status === 'scheduled' && scheduledAt !== null ? (
        <Countdown until={scheduledAt} />
      ) : (
        <Time at={startedAt ?? createdAt} isRelative />
      ),
  },
];

function HowFar({ campaign: { status, progress } }: { campaign: CampaignSummary }) {
  if (status === 'draft' || status === 'scheduled')
    return (
      <Text size="sm" c="dimmed">
        not yet
      </Text>
    );
  return (
    <Stack gap={4} miw={120}>
      <Text size="sm" className="numbers">
        {count(progress.sent)} of {count(progress.audience)}
        {progress.skipped > 0 ? <Text span c="dimmed" size="sm">{`, ${count(progress.skipped)} skipped`}</Text> : null}
      </Text>
      {workedOff(progress) < progress.audience ? (
        <Progress value={shareDone(progress)} size="sm" aria-label="Worked off" />
      ) : null}
    </Stack>
  );
}

export function CampaignsPage() {
  const queries = useQueryClient();
  const list = usePages(['campaigns'], loadCampaigns);
  useLive('campaigns', () => void queries.invalidateQueries({ queryKey: ['campaigns'] }));
  const add = (
    <Button component={Link} to="/campaigns/new">
      New campaign
    </Button>
  );
  return (
    <Page title="Campaigns" about="One email to everyone on some lists." actions={add}>
      <Listing
        label="Campaigns"
        list={list}
        columns={columns}
        href={({ id }) => `/campaigns/${id}`}
        empty={
          <Empty title="No campaigns yet" action={add}>
            A campaign goes to the contacts of one or more lists. It needs content, which you write in it or take from a{' '}
            <Link to="/templates">template</Link>, and a <Link to="/lists">list</Link> with somebody on it.
          </Empty>
        }
      />
    </Page>
  );
}
