import { Text } from '@mantine/core';
import type { Column } from '../../components/listing';
import { Status } from '../../components/status';
import { Time } from '../../components/time';
import type { Contact } from './queries';

/** What each row of a list of contacts shows. */
export const contactColumns: Column<Contact>[] = [
  { title: 'Email', cell: ({ email }) => <Wrapped>{email}</Wrapped> },
  { title: 'Name', cell: (contact) => <Wrapped>{nameOf(contact) ?? '–'}</Wrapped> },
  { title: 'Status', cell: ({ status }) => <Status value={status} /> },
  { title: 'Lists', cell: ({ listIds }) => listIds.length, align: 'right', isMinor: true },
  { title: 'Came by', cell: ({ source }) => source, isMinor: true },
  { title: 'Added', cell: ({ createdAt }) => <Time at={createdAt} isRelative />, isMinor: true },
];

export function nameOf({ firstName, lastName }: Pick<Contact, 'firstName' | 'lastName'>): string | undefined {
  const name = [firstName, lastName].filter((part) => part !== null).join(' ');
  return name === '' ? undefined : name;
}

/** Names and addresses may be long, and hold no space to break at. */
export function Wrapped({ children }: { children: string }) {
  return (
    <Text inherit span style={{ overflowWrap: 'anywhere' }}>
      {children}
    </Text>
  );
}
