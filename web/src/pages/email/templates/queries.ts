import { useQuery } from '@tanstack/react-query';
import { api, read } from '../../../api/client';

export const loadTemplate = (id: string) => read(api.GET('/api/v1/templates/{id}', { params: { path: { id } } }));
export type Template = Awaited<ReturnType<typeof loadTemplate>>;

export function useTemplate(id: string | undefined) {
  return useQuery({
    queryKey: ['template', id],
    queryFn: () => loadTemplate(id ?? ''),
    enabled: id !== undefined,
    // What is being edited is not changed under the hands of who edits it.
    refetchOnWindowFocus: false,
  });
}

export function useTemplateUses(id: string) {
  return useQuery({
    queryKey: ['template', id, 'uses'],
    queryFn: () => read(api.GET('/api/v1/templates/{id}/uses', { params: { path: { id } } })),
  });
}
