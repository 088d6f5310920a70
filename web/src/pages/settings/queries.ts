import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, read } from '../../api/client';

const loadEndpoints = () => read(api.GET('/api/v1/webhooks', { params: { query: { limit: 250 } } }));
const loadHealths = () => read(api.GET('/api/v1/webhooks/health'));
export type Endpoint = Awaited<ReturnType<typeof loadEndpoints>>['data'][number];
export type EndpointHealth = Awaited<ReturnType<typeof loadHealths>>['data'][number];
export type WebhookEvent = Endpoint['events'][number];

/** The server keeps these figures for some seconds, so that asking often costs little. */
const healthEveryMs = 4_000;

export function useEndpoints() {
  return useQuery({ queryKey: ['webhooks'], queryFn: loadEndpoints });
}

export function useEndpoint(id: string) {
  return useQuery({
    queryKey: ['webhooks', id],
    queryFn: () => read(api.GET('/api/v1/webhooks/{id}', { params: { path: { id } } })),
  });
}

export function useHealths() {
  return useQuery({ queryKey: ['webhook-health'], queryFn: loadHealths, refetchInterval: healthEveryMs });
}

export function useHealth(id: string) {
  return useQuery({
    queryKey: ['webhook-health', id],
    queryFn: () => read(api.GET('/api/v1/webhooks/{id}/health', { params: { path: { id } } })),
    refetchInterval: healthEveryMs,
  });
}

/** To be called after a change to an endpoint. */
export function useRefreshEndpoints(): () => Promise<unknown> {
  const queries = useQueryClient();
  return () => Promise.all(['webhooks', 'webhook-health'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
}
