import { useQuery } from '@tanstack/react-query';
import { api, read } from './client';

/** Who is signed in, and what this server is. */
export function useSession() {
  return useQuery({ queryKey: ['session'], queryFn: () => read(api.GET('/api/v1/session')), staleTime: 60_000 });
}
