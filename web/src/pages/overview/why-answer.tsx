import { Anchor, Badge, Card, Group, List, Text, ThemeIcon, Title } from '@mantine/core';
import { IconCheck, IconInfoCircle, IconX } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { paths } from '../../api/schema';
import { Time } from '../../components/time';

type Answer = paths['/api/v1/why']['get']['responses'][200]['content']['application/json'];
type Kind = Answer['sentences'][number]['kind'];

const looks = {
  ok: { color: 'teal', icon: IconCheck, word: 'as it should be' },
  hint: { color: 'gray', icon: IconInfoCircle, word: 'worth knowing' },
  problem: { color: 'red', icon: IconX, word: 'in the way' },
} as const;

/** The answer: along the way that a message takes, and then in words. */
export function WhyAnswer({ answer }: { answer: Answer }) {
  const problems = answer.sentences.filter(({ kind }) => kind === 'problem').length;
  return (
    <Card withBorder aria-live="polite">
      <Group justify="space-between">
        <Title order={2} size="h5">
          {problems === 0
            ? 'Nothing is in the way'
            : problems === 1
              ? 'One thing is in the way'
              : `${problems} things are in the way`}
        </Title>
        {answer.eventId === null ? null : (
          <Anchor component={Link} to={`/events/${encodeURIComponent(answer.eventId)}`} size="sm">
            The whole trace
          </Anchor>
        )}
      </Group>
      <Group gap={6} mt="sm" role="list" aria-label="The way of the message">
        {answer.steps.map(({ stage, kind }) => (
          <Badge
            key={stage}
            role="listitem"
            variant="light"
            tt="none"
            color={kind === 'none' ? 'gray' : looks[kind].color}
          >
            {stage}: {kind === 'none' ? '–' : looks[kind].word}
          </Badge>
        ))}
      </Group>
      <List mt="md" spacing="sm" listStyleType="none" center={false}>
        {answer.sentences.map(({ kind, text, link }, index) => (
          <List.Item key={index} icon={<Mark kind={kind} />}>
            <Text size="sm" fw={kind === 'problem' ? 600 : 400} style={{ overflowWrap: 'anywhere' }}>
              <InWords text={text} />{' '}
              {link === undefined ? null : (
                <Anchor component={Link} to={link} inherit>
                  {placeOf(link)}
                </Anchor>
              )}
            </Text>
          </List.Item>
        ))}
      </List>
    </Card>
  );
}

/** Moments in local time, as everywhere else. */
function InWords({ text }: { text: string }) {
  return text
    .split(/(\d{4}-\d\d-\d\dT[\d:.]+Z)/)
    .map((part, index) => (index % 2 === 1 ? <Time key={index} at={part} /> : <span key={index}>{part}</span>));
}

const places: [prefix: string, name: string][] = [
  ['/contacts/', 'The contact'],
  ['/events/', 'The event'],
  ['/events', 'The events'],
  ['/automations/', 'The automation'],
  ['/automations', 'All automations'],
  ['/emails/', 'The email'],
  ['/deliveries/', 'The delivery'],
  ['/rejections', 'What was refused'],
  ['/suppressions', 'Suppressions'],
  ['/settings/integrations', 'Integrations'],
  ['/settings/webhooks', 'Endpoints'],
];

function placeOf(link: string): string {
  return places.find(([prefix]) => link.startsWith(prefix))?.[1] ?? 'Look there';
}

function Mark({ kind }: { kind: Kind }) {
  const { color, icon: KindIcon, word } = looks[kind];
  return (
    <ThemeIcon radius="xl" size={22} variant="light" color={color}>
      <KindIcon size={14} aria-label={word} />
    </ThemeIcon>
  );
}
