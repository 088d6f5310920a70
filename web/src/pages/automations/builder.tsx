import { Tabs } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { api, read } from '../../api/client';
import { useLive } from '../../api/live';
import { useLeaveGuard } from '../../components/leave-guard';
import { Page } from '../../components/page';
import { Status } from '../../components/status';
import { BuilderActions } from './builder-actions';
import { bodyOf, type Draft } from './draft';
import { FlowTab } from './flow-tab';
import { faultsByPlace, type Problem } from './problems';
import { useRefreshAutomations, type Automation } from './queries';
import { RunsTab } from './runs-tab';
import { SimulateTab } from './simulate-tab';
import { useDraft } from './use-draft';

interface BuilderProps {
  /** Absent for an automation that is new. */
  saved?: Automation;
  first: Draft;
}

/** One automation: its flow under edit, its runs, and what it would do. */
export function Builder(props: BuilderProps) {
  const [saved, setSaved] = useState(props.saved);
  const state = useDraft(props.first);
  const [savedText, setSavedText] = useState(() => JSON.stringify(bodyOf(props.first)));
  const [isTried, setIsTried] = useState(props.saved !== undefined);
  const [params, setParams] = useSearchParams();
  const refresh = useRefreshAutomations();
  useLive('runs', () => void refresh(), saved !== undefined);

  const body = bodyOf(state.draft);
  const isDirty = JSON.stringify(body) !== savedText;
  useLeaveGuard(isDirty);
  const problems = useProblems(body);
  const tab = saved ? (params.get('tab') ?? 'flow') : params.get('tab') === 'simulate' ? 'simulate' : 'flow';

  return (
    <Page
      title={saved ? saved.name : 'New automation'}
      back={{ to: '/automations', label: 'Automations' }}
      about={saved ? <About saved={saved} isDirty={isDirty} /> : 'What starts it, and what happens then, step by step.'}
      actions={
        <BuilderActions
          saved={saved}
          body={body}
          isDirty={isDirty || !saved}
          problems={problems}
          onTry={() => setIsTried(true)}
          onSaved={(automation) => {
            setSaved(automation);
            setSavedText(JSON.stringify(body));
            state.dispatch({ type: 'saved' });
          }}
        />
      }
    >
      <Tabs
        value={tab}
        onChange={(value) => setParams(value === null || value === 'flow' ? {} : { tab: value }, { replace: true })}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="flow">Flow</Tabs.Tab>
          <Tabs.Tab value="runs" disabled={!saved}>
            Runs
          </Tabs.Tab>
          <Tabs.Tab value="simulate">Simulate</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="flow">
          <FlowTab {...state} saved={saved} faults={faultsByPlace(problems)} isTried={isTried} />
        </Tabs.Panel>
        <Tabs.Panel value="runs">{saved ? <RunsTab automation={saved} /> : null}</Tabs.Panel>
        <Tabs.Panel value="simulate">
          <SimulateTab body={body} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function About({ saved, isDirty }: { saved: Automation; isDirty: boolean }) {
  return (
    <>
      <Status value={saved.status} /> version {saved.version}
      {isDirty ? ' · not saved yet: until then, whoever comes in gets the version that is saved' : ''}
    </>
  );
}

/** What saving would find wrong, asked a moment after the last change. */
function useProblems(body: ReturnType<typeof bodyOf>): Problem[] {
  const [text] = useDebouncedValue(JSON.stringify(body), 250);
  const { data } = useQuery({
    queryKey: ['automation-problems', text],
    queryFn: () => read(api.POST('/api/v1/automations/validate', { body: JSON.parse(text) })),
    placeholderData: keepPreviousData,
    gcTime: 0,
    staleTime: 30_000,
  });
  return data?.problems ?? [];
}
