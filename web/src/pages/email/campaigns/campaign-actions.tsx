import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import { api, read } from '../../../api/client';
import { useConfirm, type Question } from '../../../components/confirm';
import { showDone } from '../../../components/notify';
import { TemporalButton } from '../../../components/temporal-link';
import { unguarded } from '../../../components/leave-guard';
import type { Campaign } from './types';

const actions = {
  pause: {
    label: 'Pause',
    at: ['scheduled', 'sending'],
    question: {
      title: 'Pause this campaign?',
      text: 'Emails that are under way go out; the others wait until you resume it.',
      action: 'Pause',
    },
  },
  resume: {
    label: 'Resume',
    at: ['paused'],
    question: {
      title: 'Resume this campaign?',
      text: 'It goes on where it was paused. Nobody gets it twice.',
      action: 'Resume',
    },
  },
  cancel: {
    label: 'Cancel',
    at: ['scheduled', 'sending', 'paused'],
    question: {
      title: 'Cancel this campaign for good?',
      text: 'Emails that are under way go out; nobody else gets it any more. This cannot be undone.',
      action: 'Cancel the campaign',
      isDangerous: true,
    },
  },
} as const satisfies Record<string, { label: string; at: readonly Campaign['status'][]; question: Question }>;
type Action = keyof typeof actions;
const names = ['pause', 'resume', 'cancel'] as const satisfies Action[];

const post = {
  pause: (id: string) => read(api.POST('/api/v1/campaigns/{id}/pause', { params: { path: { id } } })),
  resume: (id: string) => read(api.POST('/api/v1/campaigns/{id}/resume', { params: { path: { id } } })),
  cancel: (id: string) => read(api.POST('/api/v1/campaigns/{id}/cancel', { params: { path: { id } } })),
} as const satisfies Record<Action, unknown>;

/** What can be done with a campaign as a whole; each state has its own. */
export function CampaignActions({ campaign: { id, name, status, temporalUrl } }: { campaign: Campaign }) {
  const ask = useConfirm();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const act = useMutation({
    mutationFn: (action: Action) => post[action](id),
    onSuccess(changed) {
      queries.setQueryData(['campaign', id], changed);
      void queries.invalidateQueries({ queryKey: ['campaign', id, 'results'] });
      void queries.invalidateQueries({ queryKey: ['campaigns'] });
    },
  });
  const remove = useMutation({
    mutationFn: () => api.DELETE('/api/v1/campaigns/{id}', { params: { path: { id } } }),
    onSuccess() {
      showDone('The campaign is deleted.');
      void queries.invalidateQueries({ queryKey: ['campaigns'] });
      return navigate('/campaigns', { state: unguarded });
    },
  });
  const askAndAct = async (action: Action): Promise<void> => {
    if (await ask(actions[action].question)) act.mutate(action);
  };
  const askAndRemove = async (): Promise<void> => {
    const text = 'This cannot be undone.';
    const question = { title: `Delete “${name}”?`, text, action: 'Delete campaign', isDangerous: true };
    if (await ask(question)) remove.mutate();
  };
  return (
    <>
      {status === 'draft' ? null : <TemporalButton url={temporalUrl} />}
      {names
        .filter((action) => actions[action].at.some((each) => each === status))
        .map((action) => (
          <Button
            key={action}
            variant={action === 'resume' ? 'filled' : 'default'}
            loading={act.isPending && act.variables === action}
            onClick={() => void askAndAct(action)}
          >
            {actions[action].label}
          </Button>
        ))}
      <Button variant="default" component={Link} to={`/campaigns/new?from=${id}`}>
        Duplicate
      </Button>
      {status === 'draft' || status === 'cancelled' ? (
        <Button variant="light" color="red" loading={remove.isPending} onClick={() => void askAndRemove()}>
          Delete
        </Button>
      ) : null}
    </>
  );
}
