import { useSession } from '../api/session';

/** Why the person cannot change what owners alone may change; undefined for an owner. */
export function useOwnerReason(): string | undefined {
  const { data } = useSession();
  return data?.person?.role === 'member'
    ? 'Only an owner of the workspace may do this; Settings → People says who that is.'
    : undefined;
}
