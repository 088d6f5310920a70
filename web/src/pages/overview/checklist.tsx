import { Anchor, Card, Group, List, Text, ThemeIcon, Title } from '@mantine/core';
import { IconCheck, IconCircleDashed } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { OverviewData } from './overview';

type Step = OverviewData['checklist'][number];

const words: Record<Step['step'], { title: string; what: string }> = {
  key: { title: 'Use an API key', what: 'Create a key; whatever sends events to this workspace shows it.' },
  identify: { title: 'Send a first identify', what: 'Connect Segment or RudderStack, or send a sample from there.' },
  automation: { title: 'Activate an automation', what: 'Say what happens when an event of a name comes.' },
  endpoint: { title: 'Add a webhook endpoint', what: 'Name the URL that is told of contacts and email.' },
  delivered: { title: 'See a first delivery arrive', what: 'The log shows each attempt, with request and answer.' },
};

/** The way to a first delivery; each step sees for itself whether it is done. */
export function Checklist({ steps }: { steps: Step[] }) {
  const done = steps.filter(({ isDone }) => isDone).length;
  const next = steps.find(({ isDone }) => !isDone)?.step;
  return (
    <Card withBorder>
      <Group justify="space-between">
        <Title order={2} size="h5">
          First steps
        </Title>
        <Text size="sm" c="dimmed">
          {done} of {steps.length} done
        </Text>
      </Group>
      <List mt="sm" spacing="xs" center listStyleType="none">
        {steps.map(({ step, isDone, link }) => (
          <List.Item key={step} icon={<Mark isDone={isDone} />} aria-current={step === next ? 'step' : undefined}>
            <Anchor component={Link} to={link} size="sm" fw={step === next ? 700 : 500}>
              {words[step].title}
            </Anchor>
            <Text size="xs" c="dimmed">
              {isDone ? 'Done.' : words[step].what}
            </Text>
          </List.Item>
        ))}
      </List>
    </Card>
  );
}

function Mark({ isDone }: { isDone: boolean }) {
  return (
    <ThemeIcon radius="xl" size={24} variant="light" color={isDone ? 'teal' : 'gray'}>
      {isDone ? <IconCheck size={16} aria-label="Done" /> : <IconCircleDashed size={16} aria-label="Not done" />}
    </ThemeIcon>
  );
}
