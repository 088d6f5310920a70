import { Group } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { api, read } from '../../api/client';
import { GuardedButton } from '../../components/guarded-button';
import { showDone } from '../../components/notify';
import { EndpointForm, type EndpointBody } from './endpoint-form';
import { valuesOf } from './endpoint-values';
import { useRefreshEndpoints, type Endpoint } from './queries';

export function EndpointSettings({ endpoint }: { endpoint: Endpoint }) {
  const { id } = endpoint;
  const refresh = useRefreshEndpoints();
  const change = useMutation({
    mutationFn: (body: EndpointBody) => read(api.PATCH('/api/v1/webhooks/{id}', { params: { path: { id } }, body })),
    meta: { isHandled: true },
    onSuccess: () => {
      showDone('The webhook is saved. What is sent from now on goes by it, retries included.');
      return refresh();
    },
  });
  return (
    <div style={{ maxWidth: 720 }}>
      <EndpointForm
        key={endpoint.updatedAt}
        initialValues={valuesOf(endpoint)}
        save={(body) => change.mutateAsync(body)}
        buttons={(isDirty) => (
          <Group>
            <GuardedButton
              type="submit"
              loading={change.isPending}
              reason={isDirty ? undefined : 'Nothing was changed.'}
            >
              Save
            </GuardedButton>
          </Group>
        )}
      />
    </div>
  );
}
