import { useQuery } from '@tanstack/react-query';
import { api, read } from '../../../api/client';
import { useLive } from '../../../api/live';

export const loadCampaigns = (cursor: string | undefined) =>
  read(api.GET('/api/v1/campaigns', { params: { query: { limit: 50, ...(cursor ? { cursor } : {}) } } }));

const loadCampaign = (id: string) => read(api.GET('/api/v1/campaigns/{id}', { params: { path: { id } } }));

const loadResults = (id: string) => read(api.GET('/api/v1/campaigns/{id}/results', { params: { path: { id } } }));

export function useCampaign(id: string | undefined) {
  return useQuery({
    queryKey: ['campaign', id],
    queryFn: () => loadCampaign(id ?? ''),
    enabled: id !== undefined,
    refetchOnWindowFocus: false,
  });
}

/** Of one that sends the figures move all the time; of others they move when something is heard. */
const busyMs = 2_000;
const quietMs = 15_000;

export function useResults(id: string) {
  const query = useQuery({
    queryKey: ['campaign', id, 'results'],
    queryFn: () => loadResults(id),
    refetchInterval: ({ state }) => (state.data?.status === 'sending' ? busyMs : quietMs),
  });
  useLive('campaigns', ({ ids, isAll }) => {
    if (isAll || ids.includes(id)) void query.refetch();
  });
  return query;
}

export function useLists() {
  return useQuery({
    queryKey: ['lists', 'all'],
    queryFn: () => read(api.GET('/api/v1/lists', { params: { query: { limit: 250 } } })),
  });
}

/** Whom a campaign to these lists would go to. */
export function useAudience(listIds: readonly string[]) {
  const wanted = [...listIds].sort();
  return useQuery({
    queryKey: ['audience', wanted],
    queryFn: () => read(api.POST('/api/v1/campaigns/audience', { body: { listIds: wanted } })),
    enabled: wanted.length > 0,
    retry: false,
  });
}
