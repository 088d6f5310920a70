import {
  Alert,
  Badge,
  Button,
  Card,
  Group,
  PasswordInput,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
  Title,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconCheck, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { serverNowMs } from '../../api/client';
import type { SharedView } from './queries';
import { checkSignature, type Finding, type Part, type Pasted } from './signature-check';

const titles: Record<Part, string> = {
  secret: 'Secret',
  body: 'Body',
  id: 'webhook-id',
  timestamp: 'webhook-timestamp',
  clock: 'Clock',
  signature: 'webhook-signature',
};
const verdicts = {
  ok: { color: 'teal', word: 'right' },
  wrong: { color: 'red', word: 'wrong' },
  open: { color: 'gray', word: 'not checked' },
} as const;

/** Says which part of a signature is wrong. All of it is computed in this page; nothing is sent. */
export function SignatureDebugger({ view }: { view: SharedView }) {
  const [findings, setFindings] = useState<Finding[]>();
  const form = useForm<Pasted>({
    initialValues: { secret: '', body: '', id: '', timestamp: '', signature: '', clock: '' },
  });
  const check = async (pasted: Pasted): Promise<void> => {
    const timestamps = view.attempts.map(({ at }) => Math.floor(Date.parse(at) / 1_000));
    setFindings(await checkSignature(pasted, { ...view, timestamps, nowMs: serverNowMs() }));
  };
  return (
    <Card withBorder p="md" component="section" aria-labelledby="check" tabIndex={-1}>
      <Title order={2} size="h4" id="check" mb="xs">
        Check a signature
      </Title>
      <Text size="sm" mb="sm">
        Your code refuses this webhook? Paste what it has, as much as you like: the page says which part is wrong. It is
        computed in your browser; nothing that you paste leaves it.
      </Text>
      <form onSubmit={form.onSubmit((pasted) => void check(pasted))} autoComplete="off">
        <Stack gap="sm">
          <PasswordInput
            label="Signing secret"
            placeholder="whsec_…"
            visibilityToggleButtonProps={{ 'aria-label': 'Show the secret' }}
            {...form.getInputProps('secret')}
          />
          <Textarea label="Body, raw as it arrived" autosize minRows={3} maxRows={12} {...form.getInputProps('body')} />
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <TextInput label="webhook-id" {...form.getInputProps('id')} />
            <TextInput label="webhook-timestamp" {...form.getInputProps('timestamp')} />
            <TextInput label="webhook-signature" placeholder="v1,…" {...form.getInputProps('signature')} />
            <TextInput
              label="What your server’s clock showed then"
              placeholder="2026-04-15T10:00:00Z, if you know it"
              {...form.getInputProps('clock')}
            />
          </SimpleGrid>
          <Group>
            <Button type="submit">Check</Button>
          </Group>
        </Stack>
      </form>
      {findings ? <Findings findings={findings} /> : null}
    </Card>
  );
}

function Findings({ findings }: { findings: Finding[] }) {
  const wrong = findings.filter(({ verdict }) => verdict === 'wrong');
  return (
    <Alert
      mt="md"
      role="status"
      variant="default"
      icon={wrong.length > 0 ? <IconX /> : <IconCheck />}
      color={wrong.length > 0 ? 'red' : 'teal'}
      title={
        wrong.length > 0 ? `Wrong: ${wrong.map(({ part }) => titles[part]).join(', ')}` : 'Nothing wrong was found'
      }
    >
      <Stack gap="xs" component="dl" m={0}>
        {findings.map(({ part, verdict, text }) => (
          <div key={part}>
            <Group gap="xs" component="dt">
              <Text size="sm" fw={600}>
                {titles[part]}
              </Text>
              <Badge variant="light" tt="none" color={verdicts[verdict].color}>
                {verdicts[verdict].word}
              </Badge>
            </Group>
            <Text size="sm" component="dd" m={0} style={{ overflowWrap: 'anywhere' }}>
              {text}
            </Text>
          </div>
        ))}
      </Stack>
    </Alert>
  );
}
