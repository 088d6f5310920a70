import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, read } from '../../api/client';

/** One page of whatever steps may name: more of them do not fit into a select. */
const most = { params: { query: { limit: 250 } } } as const;
const loadAutomation = (id: string) => read(api.GET('/api/v1/automations/{id}', { params: { path: { id } } }));
const loadStatistics = (id: string) =>
  read(api.GET('/api/v1/automations/{id}/statistics', { params: { path: { id } } }));
const loadRun = (id: string, runId: string) =>
  read(api.GET('/api/v1/automations/{id}/runs/{runId}', { params: { path: { id, runId } } }));

export type Automation = Awaited<ReturnType<typeof loadAutomation>>;
export type Step = Automation['steps'][number];
export type Condition = NonNullable<Automation['trigger']['filter']>;
export type Exit = Automation['exitOn'][number];
export type Statistics = Awaited<ReturnType<typeof loadStatistics>>;
export type Run = Awaited<ReturnType<typeof loadRun>>;
export type Position = Run['position'];

/** The server keeps figures for some seconds, so that asking often costs little. */
const statisticsEveryMs = 3_000;

export function useAutomation(id: string | undefined) {
  return useQuery({
    queryKey: ['automations', 'one', id ?? ''],
    queryFn: () => loadAutomation(id ?? ''),
    enabled: id !== undefined,
    // What is being edited must not change under the hands.
    refetchOnWindowFocus: false,
  });
}

export function useStatistics(id: string | undefined) {
  return useQuery({
    queryKey: ['automations', 'statistics', id ?? ''],
    queryFn: () => loadStatistics(id ?? ''),
    enabled: id !== undefined,
    refetchInterval: statisticsEveryMs,
  });
}

export function useVersion(id: string, version: number | undefined) {
  return useQuery({
    queryKey: ['automations', 'version', id, version ?? 0],
    queryFn: () =>
      read(
        api.GET('/api/v1/automations/{id}/versions/{version}', {
          params: { path: { id, version: String(version) } },
        }),
      ),
    enabled: version !== undefined,
    staleTime: Infinity,
  });
}

export function useRun(id: string, runId: string) {
  return useQuery({
    queryKey: ['automations', 'run', id, runId],
    queryFn: () => loadRun(id, runId),
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? statisticsEveryMs : false),
  });
}

/** Names for the ids that steps hold. */
export function useNamed() {
  const lists = useQuery({ queryKey: ['lists', 'all'], queryFn: () => read(api.GET('/api/v1/lists', most)) });
  const templates = useQuery({
    queryKey: ['templates', 'all'],
    queryFn: () => read(api.GET('/api/v1/templates', most)),
  });
  return { lists: lists.data?.data ?? [], templates: templates.data?.data ?? [], isLoading: templates.isPending };
}

export function useEventNames() {
  return useQuery({
    queryKey: ['event-names'],
    queryFn: () => read(api.GET('/api/v1/event-names')),
    staleTime: 10_000,
  });
}

export function useRefreshAutomations(): () => Promise<unknown> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: ['automations'] });
}
