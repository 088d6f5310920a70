import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { api, read } from '../../api/client';
import { useConfirm } from '../../components/confirm';
import { showDone } from '../../components/notify';
import { useRefreshEndpoints, type Endpoint } from './queries';
import { RotateSecret } from './rotate-secret';

/** What can be done to an endpoint as a whole. */
export function EndpointActions({ endpoint }: { endpoint: Endpoint }) {
  const [isRotating, setIsRotating] = useState(false);
  return (
    <>
      <PauseOrResume endpoint={endpoint} />
      <Button variant="default" size="sm" onClick={() => setIsRotating(true)}>
        Rotate secret
      </Button>
      <Delete endpoint={endpoint} />
      <RotateSecret endpoint={endpoint} isOpen={isRotating} onClose={() => setIsRotating(false)} />
    </>
  );
}

function PauseOrResume({ endpoint: { id, status } }: { endpoint: Endpoint }) {
  const refresh = useRefreshEndpoints();
  const next = status === 'active' ? 'paused' : 'active';
  const change = useMutation({
    mutationFn: () => read(api.PATCH('/api/v1/webhooks/{id}', { params: { path: { id } }, body: { status: next } })),
    onSuccess: () => {
      showDone(
        next === 'paused'
          ? 'Paused. Events are kept as held deliveries until it is resumed.'
          : 'Resumed. What was held is queued, and goes out at a bounded rate.',
      );
      return refresh();
    },
  });
  return (
    <Button variant="default" size="sm" loading={change.isPending} onClick={() => change.mutate()}>
      {next === 'paused' ? 'Pause' : 'Resume'}
    </Button>
  );
}

function Delete({ endpoint: { id, url } }: { endpoint: Endpoint }) {
  const ask = useConfirm();
  const navigate = useNavigate();
  const refresh = useRefreshEndpoints();
  const remove = useMutation({
    mutationFn: () => api.DELETE('/api/v1/webhooks/{id}', { params: { path: { id } } }),
    onSuccess: async () => {
      showDone('The webhook is deleted.');
      await navigate('/settings/webhooks');
      await refresh();
    },
  });
  const onClick = async (): Promise<void> => {
    const isSure = await ask({
      title: 'Delete this webhook?',
      text: `${url} gets nothing any more, and what is on its way to it is cancelled. Its deliveries stay in the log. It cannot be undone; to stop for a while, pause it.`,
      action: 'Delete webhook',
      isDangerous: true,
    });
    if (isSure) remove.mutate();
  };
  return (
    <Button variant="light" color="red" size="sm" loading={remove.isPending} onClick={() => void onClick()}>
      Delete
    </Button>
  );
}
