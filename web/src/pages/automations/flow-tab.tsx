import { Alert, Button, Group, Paper, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconArrowBackUp } from '@tabler/icons-react';
import type { Dispatch } from 'react';
import { newNode, type Draft } from './draft';
import { Flow } from './flow';
import { FlowContext, type FlowEditing } from './flow-context';
import { OlderVersions } from './older-versions';
import type { Fault } from './problems';
import { useNamed, useStatistics, type Automation } from './queries';
import { standingOf } from './standing';
import { TriggerCard } from './trigger-card';
import type { DraftAction } from './use-draft';

interface FlowTabProps {
  draft: Draft;
  past: Draft[];
  openKey: string | undefined;
  dispatch: Dispatch<DraftAction>;
  saved: Automation | undefined;
  faults: ReadonlyMap<string, Fault[]>;
  /** Somebody has tried to save: until then an empty field is no mistake yet. */
  isTried: boolean;
}

/** The flow under edit, with how many people are where. */
export function FlowTab({ draft, past, openKey, dispatch, saved, faults, isTried }: FlowTabProps) {
  const names = useNamed();
  const { data: statistics } = useStatistics(saved?.id);
  const undo = (): void => dispatch({ type: 'undo' });
  const editing: FlowEditing = {
    openKey,
    toggle: (key) => dispatch({ type: 'open', key: key === openKey ? undefined : key }),
    insert: (place, type) => {
      const known = { listId: names.lists[0]?.id ?? '', templateId: names.templates[0]?.id ?? '' };
      dispatch({ type: 'insert', place, node: newNode(type, known) });
    },
    change: (key, step) => dispatch({ type: 'step', key, step }),
    move: (place, by) => dispatch({ type: 'move', place, by }),
    remove: (place) => {
      dispatch({ type: 'remove', place });
      showRemoved(undo);
    },
  };
  const others = faults.get('all');
  const runsAt = (place: string): string => `?tab=runs&position=${place}&version=${saved?.version ?? 0}`;
  return (
    <Stack gap="md">
      {saved && statistics ? <OlderVersions automation={saved} statistics={statistics} /> : null}
      {saved?.status === 'paused' ? <PausedNote inside={statistics?.running ?? 0} /> : null}
      <TriggerCard
        draft={draft}
        faults={faults}
        isTried={isTried}
        onChange={(change) => dispatch({ type: 'set', change })}
      />
      <FlowContext
        value={{ names, faults, runsAt, editing, standing: standingOf(statistics?.standing, saved?.version) }}
      >
        <div>
          <Group justify="space-between" mb="xs">
            <Text size="sm" c="dimmed">
              {saved ? <Figures statistics={statistics} /> : 'Add steps with the plus signs.'}
            </Text>
            <Button
              size="compact-sm"
              variant="subtle"
              leftSection={<IconArrowBackUp size={16} />}
              disabled={past.length === 0}
              onClick={undo}
            >
              Undo
            </Button>
          </Group>
          <Paper className="flow-card" withBorder p="sm" radius="md" role="group" aria-label="Trigger">
            <Text fw={600} size="sm">
              When “{draft.eventName || '…'}” comes in
            </Text>
          </Paper>
          <Flow nodes={draft.nodes} />
        </div>
      </FlowContext>
      {isTried && others ? (
        <Alert color="red" title="Something is wrong with the whole">
          {others.map(({ detail }) => detail).join(' · ')}
        </Alert>
      ) : null}
    </Stack>
  );
}

function PausedNote({ inside }: { inside: number }) {
  return (
    <Alert color="yellow" title="Paused">
      Events start nothing meanwhile, also not later. {inside} inside keep their place: waits run on, and the next step
      that does something is held until you activate the automation again.
    </Alert>
  );
}

function Figures({ statistics }: { statistics: ReturnType<typeof useStatistics>['data'] }) {
  if (!statistics) return '…';
  const { running, completed, stopped, startedLastDay, countLimit } = statistics;
  const shown = (count: number): string => `${count.toLocaleString()}${count >= countLimit ? '+' : ''}`;
  return (
    <>
      {shown(running)} inside now · {shown(startedLastDay)} begun in 24 hours · {shown(completed)} completed ·{' '}
      {shown(stopped)} stopped early
    </>
  );
}

function showRemoved(undo: () => void): void {
  const id = `removed-${Date.now()}`;
  notifications.show({
    id,
    message: (
      <Group justify="space-between">
        The step is deleted.
        <Button
          size="compact-sm"
          variant="light"
          onClick={() => {
            undo();
            notifications.hide(id);
          }}
        >
          Undo the deletion
        </Button>
      </Group>
    ),
    autoClose: 8_000,
  });
}
