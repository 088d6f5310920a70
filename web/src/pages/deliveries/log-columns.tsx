import { Anchor, Box, Checkbox, Group, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { Column } from '../../components/listing';
import { Status } from '../../components/status';
import { Countdown, Time } from '../../components/time';
import type { useEndpointNames } from './endpoint-names';
import type { DeliveryRow } from './queries';
import { RetriggerIcon } from './retrigger';

/** Marks the link of a row, which the keys j and k go through. */
export const rowLink = 'data-delivery';

interface Selection {
  has: (id: string) => boolean;
  toggle: (id: string) => void;
}

export function logColumns(
  selection: Selection,
  slots: number,
  { nameOf, reasonNotToSend }: Pick<ReturnType<typeof useEndpointNames>, 'nameOf' | 'reasonNotToSend'>,
): Column<DeliveryRow>[] {
  return [
    {
      title: 'Select',
      width: 60,
      cell: ({ id, event }) => (
        <Checkbox
          aria-label={`Select ${event} ${id}`}
          checked={selection.has(id)}
          onChange={() => selection.toggle(id)}
        />
      ),
    },
    {
      title: 'Event',
      cell: ({ id, event, eventId }) => (
        <>
          <Anchor component={Link} to={`/deliveries/${id}`} inherit {...{ [rowLink]: id }}>
            {event}
          </Anchor>
          <Text size="xs" c="dimmed" className="mono" visibleFrom="sm" style={{ whiteSpace: 'nowrap' }}>
            {eventId}
          </Text>
        </>
      ),
    },
    {
      title: 'Status',
      cell: ({ status }) => (
        <Box miw={84}>
          <Status value={status} reason={reasons[status]} />
        </Box>
      ),
    },
    {
      title: 'Endpoint',
      isMinor: true,
      cell: ({ endpointId }) => (
        <Text inherit lineClamp={2} style={{ overflowWrap: 'anywhere' }}>
          {nameOf(endpointId)}
        </Text>
      ),
    },
    {
      title: 'Attempts',
      isMinor: true,
      cell: ({ attemptCount, round }) => (
        <span className="numbers">{round > 1 ? `${attemptCount}, round ${round}` : `${attemptCount} of ${slots}`}</span>
      ),
    },
    { title: 'Last answer', isMinor: true, cell: lastAnswer },
    {
      title: 'Next attempt',
      cell: ({ nextAttemptAt, status }) =>
        nextAttemptAt !== null ? (
          <Countdown until={nextAttemptAt} />
        ) : (
          <Text size="sm" c="dimmed">
            {status === 'held' ? 'when resumed' : '–'}
          </Text>
        ),
    },
    {
      title: 'Made',
      align: 'right',
      cell: ({ createdAt }) => (
        <Group justify="flex-end">
          <Time at={createdAt} isRelative />
        </Group>
      ),
    },
    {
      title: 'Again',
      width: 60,
      align: 'right',
      cell: (row) => <RetriggerIcon row={row} reason={reasonNotToSend(row.endpointId)} />,
    },
  ];
}

function lastAnswer({ lastStatusCode, lastError }: DeliveryRow) {
  if (lastStatusCode !== null) return <span className="numbers">{lastStatusCode}</span>;
  return lastError ?? <Text c="dimmed">–</Text>;
}

const reasons: Partial<Record<DeliveryRow['status'], string>> = {
  held: 'Its endpoint is paused or disabled. It goes on when the endpoint is resumed.',
  failed: 'The retry schedule is used up, or the receiver answered 410. A retrigger starts it anew.',
  cancelled: 'Cancelled by hand, or its endpoint was deleted.',
};
