import { useQuery } from '@tanstack/react-query';
import { api, read } from '../../api/client';

/** All lists of the workspace, for pickers and names: few workspaces have more than 250. */
export function useLists() {
  const query = useQuery({
    queryKey: ['lists', 'all'],
    queryFn: () => read(api.GET('/api/v1/lists', { params: { query: { limit: 250 } } })),
  });
  const lists = query.data?.data ?? [];
  return {
    query,
    lists,
    nameOf: (id: string): string => lists.find((list) => list.id === id)?.name ?? id,
    options: lists.map(({ id, name }) => ({ value: id, label: name })),
  };
}

export const loadContact = (id: string) => read(api.GET('/api/v1/contacts/{id}', { params: { path: { id } } }));
export type Contact = Awaited<ReturnType<typeof loadContact>>;
export const contactKey = (id: string) => ['contacts', 'one', id] as const;
