import { Card, SimpleGrid, Text } from '@mantine/core';
import { Link } from 'react-router';
import { count } from './figures';
import { figuresOf, outcomes } from './outcomes';
import type { Results } from './types';

/** What came of it in numbers; each leads to the people behind it. */
export function Figures({ results }: { results: Results }) {
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm" component="section" aria-label="Results">
      {figuresOf(results).map(({ outcome, value, rate, note }) => (
        <Card
          key={outcome}
          component={Link}
          to={`?outcome=${outcome}#recipients`}
          withBorder
          padding="sm"
          className="row-link plain-link"
          data-figure={outcome}
        >
          <Text size="sm" c="dimmed">
            {outcomes[outcome]}
          </Text>
          <Text size="xl" fw={600} className="numbers">
            {count(value)}
            {rate === undefined ? null : <Text span size="sm" fw={400} c="dimmed">{` ${rate} %`}</Text>}
          </Text>
          <Text size="xs" c="dimmed" mih={18}>
            {note}
          </Text>
        </Card>
      ))}
    </SimpleGrid>
  );
}
