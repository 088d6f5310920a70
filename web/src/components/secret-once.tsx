import { Alert, Group, Stack, Text } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Copy } from './copy';

/** What is shown now and never again. */
export function SecretOnce({ value, label, children }: { value: string; label: string; children?: ReactNode }) {
  return (
    <Alert color="yellow" icon={<IconKey />} title={`Copy the ${label} now: nothing shows it again`}>
      <Stack gap="xs">
        <Group gap={4} wrap="nowrap" align="flex-start">
          <Text component="code" className="mono" size="sm" aria-label={label}>
            {value}
          </Text>
          <Copy value={value} label={label} />
        </Group>
        {children ? (
          <Text size="sm" component="div">
            {children}
          </Text>
        ) : null}
      </Stack>
    </Alert>
  );
}
