import { Alert, Stack, Text } from '@mantine/core';
import { IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import { CodeBlock } from '../../components/copy';
import { duration } from '../../components/time';

export interface TestOutcome {
  delivered: boolean;
  statusCode: number | null;
  error: string | null;
  detail: string;
  durationMs: number;
  responseBody: string | null;
}

/** What came of a test ping, at once. */
export function TestResult({ outcome }: { outcome: TestOutcome }) {
  const { delivered, statusCode, error, detail, durationMs, responseBody } = outcome;
  return (
    <Alert
      color={delivered ? 'teal' : 'red'}
      icon={delivered ? <IconCircleCheck /> : <IconCircleX />}
      title={`Test ping: ${statusCode ?? error ?? 'no answer'} after ${duration(durationMs)}`}
      role="status"
    >
      <Stack gap="xs">
        <Text size="sm">{detail}</Text>
        {responseBody ? <CodeBlock value={responseBody} label="Answer of the endpoint" maxHeight={160} /> : null}
      </Stack>
    </Alert>
  );
}
