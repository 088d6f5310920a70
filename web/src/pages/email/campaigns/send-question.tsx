import { Stack, Text } from '@mantine/core';
import { Time } from '../../../components/time';
import { bodyOf, type Draft } from './draft';
import { leftOut, leftOutCount, people } from './figures';
import type { Audience } from './types';

/** What will happen: to how many, when, and that it cannot be undone. */
export function SendQuestion({ draft, audience }: { draft: Draft; audience: Audience | undefined }) {
  const { scheduledAt, ratePerSecond } = bodyOf(draft);
  return (
    <Stack gap="xs">
      <Text size="sm">
        “{draft.subject}” goes to <strong>{audience ? people(audience.count) : 'everyone on its lists'}</strong>
        {scheduledAt === null ? ' at once' : ' as the lists stand now'}, {ratePerSecond} emails a second at most.
      </Text>
      {audience && leftOutCount(audience) > 0 ? (
        <Text size="sm" c="dimmed">
          Left out: {leftOut(audience)}.
        </Text>
      ) : null}
      {audience?.count === 0 ? <Text size="sm">Nobody would get it at the moment.</Text> : null}
      <Text size="sm" c="dimmed">
        {scheduledAt === null ? (
          'It can be paused, but what has gone out cannot be called back.'
        ) : (
          <>
            It begins at <Time at={scheduledAt} /> and can be changed until then.
          </>
        )}
      </Text>
    </Stack>
  );
}
