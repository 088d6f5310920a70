import { api, read } from '../../api/client';

export const loadPeople = () => read(api.GET('/api/v1/people'));
export const loadInvitations = () => read(api.GET('/api/v1/invitations'));

export type Person = Awaited<ReturnType<typeof loadPeople>>['data'][number];
export type Invitation = Awaited<ReturnType<typeof loadInvitations>>['data'][number];

export const roles: { value: Person['role']; label: string }[] = [
  { value: 'member', label: 'Member' },
  { value: 'owner', label: 'Owner' },
];
