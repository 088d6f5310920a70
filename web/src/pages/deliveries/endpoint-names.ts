import { endpointName, hostOf } from '../../components/endpoint-name';
import { useEndpoints } from '../settings/queries';

/** Endpoints as people know them: by host, and by description where there is one. */
export function useEndpointNames() {
  const query = useEndpoints();
  const endpoints = query.data?.data ?? [];
  const nameOf = (id: string): string => {
    const endpoint = endpoints.find((each) => each.id === id);
    if (!endpoint) return 'a deleted endpoint';
    const name = endpointName(endpoint);
    return endpoint.description === '' ? name : `${name} (${hostOf(endpoint.url)})`;
  };
  /** Why nothing can be sent to an endpoint now. */
  const reasonNotToSend = (id: string): string | undefined => {
    const status = endpoints.find((each) => each.id === id)?.status;
    if (status === undefined) return query.data === undefined ? undefined : 'Its endpoint was deleted.';
    return status === 'active' ? undefined : `Its endpoint is ${status}: resume it first.`;
  };
  return { endpoints, nameOf, reasonNotToSend, options: endpoints.map(({ id }) => ({ value: id, label: nameOf(id) })) };
}
