import type { Query } from './api';

/** Options of the commands that list events. */
export const eventFilterOptions = {
  type: { type: 'string' },
  status: { type: 'string' },
  contact: { type: 'string' },
} as const;

export const eventFilterHelp = `  --type TYPE      identify or track
  --status STATUS  received, waiting, created, updated, unchanged, recorded, unresolved or failed
  --contact ID     of one contact, con_…`;

export function eventFilter(values: {
  type?: string | undefined;
  status?: string | undefined;
  contact?: string | undefined;
}): Query {
  return { type: values.type, status: values.status, contactId: values.contact };
}
