import { Badge, Tooltip, VisuallyHidden, type MantineColor } from '@mantine/core';

/** What every status means by its colour: red is a failure, yellow waits, grey is at rest or was skipped on purpose. */
const colors: Record<string, MantineColor> = {
  ...{
    delivered: 'teal',
    active: 'teal',
    accepted: 'teal',
    sent: 'teal',
    completed: 'teal',
    healthy: 'teal',
    done: 'teal',
  },
  ...{ retrying: 'yellow', waiting: 'yellow', slow: 'yellow', deferred: 'yellow', unresolved: 'yellow' },
  ...{ failed: 'red', bounced: 'red', complained: 'red', disabled: 'red', failing: 'red', rejected: 'red' },
  ...{ sending: 'blue', running: 'blue', pending: 'blue', scheduled: 'blue', queued: 'blue' },
};

/** A status as a word in a colour; `reason` shows at the pointer and is read to those who cannot see it. */
export function Status({ value, reason }: { value: string; reason?: string | null | undefined }) {
  const badge = (
    <Badge
      variant="light"
      color={colors[value] ?? 'gray'}
      tt="none"
      miw="max-content"
      tabIndex={reason ? 0 : undefined}
    >
      {value}
      {reason ? <VisuallyHidden>: {reason}</VisuallyHidden> : null}
    </Badge>
  );
  if (!reason) return badge;
  return (
    <Tooltip label={reason} multiline maw={360}>
      {badge}
    </Tooltip>
  );
}
