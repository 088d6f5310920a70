import { ActionIcon, Box, Code, CopyButton, Group, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';

/** A button that copies `value`; `label` says what it is: "workspace id". */
export function Copy({ value, label }: { value: string; label: string }) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : `Copy ${label}`}>
          <ActionIcon variant="subtle" color={copied ? 'teal' : 'gray'} onClick={copy} aria-label={`Copy ${label}`}>
            {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

/** An id, URL or other short text in monospace, with a button that copies it. */
export function CopyText({ value, label }: { value: string; label: string }) {
  return (
    <Group gap={4} wrap="nowrap">
      <span className="mono">{value}</span>
      <Copy value={value} label={label} />
    </Group>
  );
}

/** A block of code or JSON, as text, with a button that copies it. */
export function CodeBlock({ value, label, maxHeight = 420 }: { value: string; label: string; maxHeight?: number }) {
  return (
    <Box pos="relative">
      <Code
        block
        mah={maxHeight}
        pr={40}
        tabIndex={0}
        role="region"
        aria-label={label}
        style={{ overflow: 'auto', whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}
      >
        {value}
      </Code>
      <Box pos="absolute" top={4} right={4}>
        <Copy value={value} label={label} />
      </Box>
    </Box>
  );
}

/** Any value as indented JSON. */
export function Json({ value, label }: { value: unknown; label: string }) {
  return <CodeBlock value={JSON.stringify(value, null, 2) ?? 'null'} label={label} />;
}
