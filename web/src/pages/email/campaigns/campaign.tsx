import { useQueryClient } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { useLive } from '../../../api/live';
import { Page } from '../../../components/page';
import { Loaded } from '../../../components/states';
import { CampaignActions } from './campaign-actions';
import { CampaignResults } from './campaign-results';
import { draftOf } from './draft';
import { DraftEditor } from './draft-editor';
import { useCampaign } from './queries';
import type { Campaign } from './types';
import { ScheduledNote } from './scheduled-note';

export function CampaignPage() {
  const { id = '' } = useParams();
  const queries = useQueryClient();
  const query = useCampaign(id);
  useLive('campaigns', ({ ids, isAll }) => {
    if (isAll || ids.includes(id)) void queries.invalidateQueries({ queryKey: ['campaign', id], exact: true });
  });
  const { data } = query;
  return (
    <Page
      title={data?.name ?? 'Campaign'}
      back={{ to: '/campaigns', label: 'Campaigns' }}
      actions={data ? <CampaignActions campaign={data} /> : null}
    >
      <Loaded query={query}>{(campaign) => <Stage key={campaign.id} campaign={campaign} />}</Loaded>
    </Page>
  );
}

/** What is to be done in each state: write, wait, or watch. */
function Stage({ campaign }: { campaign: Campaign }) {
  switch (campaign.status) {
    case 'draft':
      return <DraftEditor initial={draftOf(campaign)} campaign={campaign} />;
    case 'scheduled':
      return (
        <>
          <ScheduledNote campaign={campaign} />
          <DraftEditor initial={draftOf(campaign)} campaign={campaign} />
        </>
      );
    case 'sending':
    case 'paused':
    case 'sent':
    case 'cancelled':
      return <CampaignResults campaign={campaign} />;
  }
}
