import { ActionIcon, Button, Menu } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { api, ApiError, read } from '../../api/client';
import { useConfirm } from '../../components/confirm';
import { GuardedButton } from '../../components/guarded-button';
import { unguarded } from '../../components/leave-guard';
import { showDone, showError } from '../../components/notify';
import type { bodyOf } from './draft';
import type { Problem } from './problems';
import { useRefreshAutomations, useStatistics, type Automation } from './queries';

interface BuilderActionsProps {
  saved: Automation | undefined;
  body: ReturnType<typeof bodyOf>;
  isDirty: boolean;
  problems: Problem[];
  /** From here on the page shows all that is wrong. */
  onTry: () => void;
  onSaved: (automation: Automation) => void;
}

/** Save, activate, pause, delete. */
export function BuilderActions(props: BuilderActionsProps) {
  const { saved, body, isDirty, problems, onTry, onSaved } = props;
  const queries = useQueryClient();
  const refresh = useRefreshAutomations();
  const navigate = useNavigate();
  const ask = useConfirm();
  const statistics = useStatistics(saved?.id);

  const save = useMutation({
    mutationFn: (status: Automation['status'] | undefined) => {
      const wanted = { ...body, ...(status === undefined ? {} : { status }) };
      if (!saved) return read(api.POST('/api/v1/automations', { body: wanted }));
      const params = { path: { id: saved.id } };
      return read(api.PATCH('/api/v1/automations/{id}', { params, body: wanted }));
    },
    meta: { isHandled: true },
    onSuccess: async (automation) => {
      onSaved(automation);
      queries.setQueryData(['automations', 'one', automation.id], automation);
      showDone(`“${automation.name}” is saved as version ${automation.version} and ${automation.status}.`);
      if (!saved) await navigate(`/automations/${automation.id}`, { replace: true, state: unguarded });
      await refresh();
    },
    onError: (error) => {
      onTry();
      // What is wrong with a field stands at the field.
      const isShown = error instanceof ApiError && (error.problem?.errors?.length ?? 0) > 0;
      showError(isShown ? new Error(`It is not saved. ${error.message}`) : error);
    },
  });
  const remove = useMutation({
    mutationFn: (id: string) => api.DELETE('/api/v1/automations/{id}', { params: { path: { id } } }),
    onSuccess: async () => {
      await navigate('/automations', { state: unguarded });
      await refresh();
    },
  });

  const inside = statistics.data?.running ?? 0;
  const pause = async (): Promise<void> => {
    const isSure = await ask({
      title: `Pause “${saved?.name}”?`,
      text: <PauseText inside={inside} />,
      action: 'Pause',
    });
    if (isSure) save.mutate('paused');
  };
  const drop = async (): Promise<void> => {
    const isSure = await ask({
      title: `Delete “${saved?.name}”?`,
      text: `${underWay(inside)} This cannot be undone; pausing can.`,
      action: 'Delete automation',
      isDangerous: true,
    });
    if (isSure && saved) remove.mutate(saved.id);
  };
  const reason = isDirty ? undefined : 'Nothing has changed since it was saved.';
  const isActive = saved?.status === 'active';
  return (
    <>
      <GuardedButton
        variant="default"
        reason={reason}
        loading={save.isPending}
        onClick={() => {
          onTry();
          save.mutate(undefined);
        }}
      >
        Save
      </GuardedButton>
      {isActive ? (
        <Button variant="default" onClick={() => void pause()} loading={save.isPending}>
          Pause
        </Button>
      ) : (
        <GuardedButton
          reason={reasonNotToActivate(problems)}
          loading={save.isPending}
          onClick={() => {
            onTry();
            save.mutate('active');
          }}
        >
          {isDirty ? 'Save and activate' : 'Activate'}
        </GuardedButton>
      )}
      {saved ? (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="default" size="lg" aria-label="More">
              <IconDots size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item color="red" onClick={() => void drop()}>
              Delete automation
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ) : null}
    </>
  );
}

function reasonNotToActivate(problems: Problem[]): string | undefined {
  const [first] = problems;
  if (!first) return undefined;
  const place = first.pointer.slice(1).replaceAll('/', '.');
  const others = problems.length > 1 ? `, and ${problems.length - 1} more` : '';
  return `Mend this first – ${place}: ${first.detail}${others}.`;
}

function underWay(inside: number): string {
  if (inside === 0) return 'No run is under way.';
  return inside === 1
    ? 'Its run under way stops at the next step.'
    : `Its ${inside} runs under way stop at their next step.`;
}

function PauseText({ inside }: { inside: number }) {
  return (
    <>
      Nobody new is let in: events that come during the pause start nothing, also not later. {inside} inside keep their
      place: their waits run on, and the next step that does something (email, webhook, list, contact) is held until you
      activate it again. They then go on within an hour at most, sooner after a short pause. A call of a webhook that is
      already being tried again is carried through.
    </>
  );
}
