import { useParams, useSearchParams } from 'react-router';
import { Page } from '../../components/page';
import { Loaded, SkeletonRows } from '../../components/states';
import { Builder } from './builder';
import { draftOf, emptyDraft, welcomeDraft } from './draft';
import { useAutomation, useNamed } from './queries';

const back = { to: '/automations', label: 'Automations' };

export function NewAutomationPage() {
  const [params] = useSearchParams();
  const { templates, isLoading } = useNamed();
  if (params.get('from') !== 'welcome') return <Builder key="new" first={emptyDraft()} />;
  // The first template is put into it.
  if (isLoading) {
    return (
      <Page title="New automation" back={back}>
        <SkeletonRows />
      </Page>
    );
  }
  return <Builder key="welcome" first={welcomeDraft(templates[0]?.id ?? '')} />;
}

export function AutomationPage() {
  const { id = '' } = useParams();
  const query = useAutomation(id);
  if (query.data) return <Builder key={id} saved={query.data} first={draftOf(query.data)} />;
  return (
    <Page title="Automation" back={back}>
      <Loaded query={query}>{() => null}</Loaded>
    </Page>
  );
}
