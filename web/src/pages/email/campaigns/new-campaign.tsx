import { useSearchParams } from 'react-router';
import { Page } from '../../../components/page';
import { Loaded } from '../../../components/states';
import { draftOf, newDraft } from './draft';
import { DraftEditor } from './draft-editor';
import { useCampaign } from './queries';

/** An empty campaign, or a copy of another one: `?from=`. */
export function NewCampaignPage() {
  const [params] = useSearchParams();
  const from = params.get('from');
  const original = useCampaign(from ?? undefined);
  return (
    <Page title="New campaign" back={{ to: '/campaigns', label: 'Campaigns' }}>
      {from === null ? (
        <DraftEditor initial={newDraft} />
      ) : (
        <Loaded query={original}>
          {(campaign) => (
            <DraftEditor
              initial={{
                ...draftOf(campaign),
                ...{ name: `${campaign.name} (copy)`.slice(0, 200), when: 'now', at: '' },
              }}
            />
          )}
        </Loaded>
      )}
    </Page>
  );
}
