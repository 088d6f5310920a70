import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, read } from '../../api/client';
import { useLive } from '../../api/live';
import type { paths } from '../../api/schema';
import type { LogQuery } from './log-query';

export const pageSize = 50;

export const loadDeliveries = (query: LogQuery, cursor?: string) =>
  read(
    api.GET('/api/v1/webhook-deliveries', {
      params: { query: { limit: pageSize, ...query, ...(cursor === undefined ? {} : { cursor }) } },
    }),
  );
const loadDelivery = (id: string) => read(api.GET('/api/v1/webhook-deliveries/{id}', { params: { path: { id } } }));
export type DeliveryRow = Awaited<ReturnType<typeof loadDeliveries>>['data'][number];
export type Delivery = Awaited<ReturnType<typeof loadDelivery>>;
export type Attempt = Delivery['attempts'][number];
export type Timeline = Delivery['timeline'];

/** What whoever has a link sees. */
export type SharedView = paths['/api/shared/{token}']['get']['responses'][200]['content']['application/json'];

const openEveryMs = 5_000;
const closedEveryMs = 30_000;

/** One delivery, read again whenever something becomes of it. */
export function useDelivery(id: string) {
  const queries = useQueryClient();
  const queryKey = ['delivery', id];
  useLive('deliveries', ({ ids, isAll }) => {
    if (isAll || ids.includes(id)) void queries.invalidateQueries({ queryKey });
  });
  return useQuery({
    queryKey,
    queryFn: () => loadDelivery(id),
    // In case that no news come through.
    refetchInterval: ({ state }) =>
      state.data && ['pending', 'retrying'].includes(state.data.status) ? openEveryMs : closedEveryMs,
  });
}

export function useRetrigger(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => read(api.POST('/api/v1/webhook-deliveries/{id}/retrigger', { params: { path: { id } } })),
    onSettled: () =>
      Promise.all(['delivery', 'deliveries'].map((key) => queries.invalidateQueries({ queryKey: [key] }))),
  });
}

export function useCancel(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => read(api.POST('/api/v1/webhook-deliveries/{id}/cancel', { params: { path: { id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ['delivery', id] }),
  });
}

export type BulkAction = 'retrigger' | 'cancel';

/** Asks for all of them; each is answered for itself. */
export function useBulk() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ action, ids }: { action: BulkAction; ids: string[] }) =>
      read(
        action === 'retrigger'
          ? api.POST('/api/v1/webhook-deliveries/retrigger', { body: { ids } })
          : api.POST('/api/v1/webhook-deliveries/cancel', { body: { ids } }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ['deliveries'] }),
  });
}
