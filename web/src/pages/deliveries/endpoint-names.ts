import { useEndpoints } from '../settings/queries';

/** Endpoints as people know them: by host, and by description where there is one. */
export function useEndpointNames() {
  const endpoints = useEndpoints().data?.data ?? [];
  const nameOf = (id: string): string => {
    const endpoint = endpoints.find((each) => each.id === id);
    if (!endpoint) return 'a deleted endpoint';
    const host = URL.canParse(endpoint.url) ? new URL(endpoint.url).host : endpoint.url;
    return endpoint.description === '' ? host : `${endpoint.description} (${host})`;
  };
  return { endpoints, nameOf, options: endpoints.map(({ id }) => ({ value: id, label: nameOf(id) })) };
}
