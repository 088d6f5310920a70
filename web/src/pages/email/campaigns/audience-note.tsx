import { Skeleton, Text } from '@mantine/core';
import { count, leftOut, leftOutCount, people } from './figures';
import type { useAudience } from './queries';

/** How many people the chosen lists come to now. */
export function AudienceNote({ query, hasLists }: { query: ReturnType<typeof useAudience>; hasLists: boolean }) {
  const { data, error } = query;
  if (!hasLists) {
    return (
      <Text size="sm" c="dimmed" mih={22}>
        Choose a list to see how many people it comes to.
      </Text>
    );
  }
  if (error) {
    return (
      <Text size="sm" c="var(--mantine-color-error)" mih={22} role="alert">
        {error.message}
      </Text>
    );
  }
  if (!data) return <Skeleton h={22} maw={320} />;
  return (
    <Text size="sm" mih={22} role="status">
      It goes to <strong data-audience>{people(data.count)}</strong> now.
      {leftOutCount(data) > 0 ? (
        <Text span inherit c="dimmed">
          {` ${count(leftOutCount(data))} left out: ${leftOut(data)}.`}
        </Text>
      ) : null}
    </Text>
  );
}
