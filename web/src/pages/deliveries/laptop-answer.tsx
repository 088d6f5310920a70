import { Badge, Group, Paper, Stack, Text } from '@mantine/core';
import { CodeBlock } from '../../components/copy';
import { duration } from '../../components/time';

interface Shown {
  statusCode: number | null;
  error: string | null;
  durationMs: number;
  headers: { name: string; value: string }[];
  body: string;
}

/** One answer of the two that stand side by side. */
export function Answer({ title, answer, nothing }: { title: string; answer: Shown | null; nothing: string }) {
  return (
    <Paper withBorder p="md" role="group" aria-label={title}>
      <Stack gap="xs">
        <Group justify="space-between">
          <Text fw={600}>{title}</Text>
          {answer ? (
            <Group gap="xs">
              <Code statusCode={answer.statusCode} />
              <Text size="sm" className="numbers">
                {duration(answer.durationMs)}
              </Text>
            </Group>
          ) : null}
        </Group>
        {answer ? <Parts answer={answer} title={title} /> : <Text size="sm">{nothing}</Text>}
      </Stack>
    </Paper>
  );
}

function Code({ statusCode }: { statusCode: number | null }) {
  const isTaken = statusCode !== null && statusCode >= 200 && statusCode < 300;
  return (
    <Badge variant="light" tt="none" color={isTaken ? 'teal' : 'red'}>
      {statusCode ?? 'no answer'}
    </Badge>
  );
}

function Parts({ answer, title }: { answer: Shown; title: string }) {
  const { headers } = answer;
  return (
    <>
      {answer.error === null ? null : <Text size="sm">{answer.error}</Text>}
      {headers.length === 0 ? null : (
        <CodeBlock
          value={headers.map(({ name, value }) => `${name}: ${value}`).join('\n')}
          label={`headers, ${title}`}
          maxHeight={180}
        />
      )}
      {answer.body === '' ? (
        <Text size="sm" c="dimmed">
          The body is empty.
        </Text>
      ) : (
        <CodeBlock value={answer.body} label={`body, ${title}`} maxHeight={260} />
      )}
    </>
  );
}
