import { Stack, Text } from '@mantine/core';
import type { Column } from '../../../components/listing';
import { Status } from '../../../components/status';
import { Time } from '../../../components/time';
import { heardOf } from './heard';
import type { Email } from './types';

/** An email in a list. */
export const emailColumns: Column<Email>[] = [
  { title: 'To', cell: ({ to }) => <div style={{ overflowWrap: 'anywhere', minWidth: 170 }}>{to}</div> },
  {
    title: 'Status',
    width: 120,
    cell: ({ status, reason }) => <Status value={status} reason={reason} />,
  },
  {
    title: 'Email',
    cell: ({ subject, campaignName }) => (
      <Stack gap={0} miw={150} style={{ overflowWrap: 'anywhere' }}>
        {subject ?? <Text c="dimmed">not rendered yet</Text>}
        {campaignName === null ? null : (
          <Text size="xs" c="dimmed">
            {campaignName}
          </Text>
        )}
      </Stack>
    ),
  },
  { title: 'Sent by', isMinor: true, width: 120, cell: ({ kind }) => kind },
  {
    title: 'What is known of it',
    isMinor: true,
    cell: (email) => (
      <Text size="sm" c={email.reason === null ? '' : 'dimmed'} style={{ overflowWrap: 'anywhere' }} lineClamp={2}>
        {email.reason ?? heardOf(email)}
      </Text>
    ),
  },
  { title: 'When', width: 130, cell: ({ createdAt, sentAt }) => <Time at={sentAt ?? createdAt} isRelative /> },
];
