import { Alert, Box, Skeleton, Stack, Tabs, Text } from '@mantine/core';
import { CodeBlock } from '../../../components/copy';
import { HtmlFrame } from './html-frame';
import type { usePreview } from './use-preview';

/** What the recipient gets: subject, HTML and text. */
export function PreviewPane({ preview }: { preview: ReturnType<typeof usePreview> }) {
  const { data, error } = preview;
  return (
    <Stack gap="xs" component="section" aria-label="Preview">
      <Box mih={44}>
        <Text size="xs" c="dimmed">
          Subject
        </Text>
        {data ? (
          <Text fw={600} style={{ overflowWrap: 'anywhere' }} data-preview-subject>
            {data.subject}
          </Text>
        ) : (
          <Skeleton h={20} maw={320} visible={!error} />
        )}
      </Box>
      {error ? (
        <Alert color="red" variant="light" title="This cannot be shown" role="status">
          <Text size="sm">{error.message}</Text>
          {data ? <Text size="sm">What you see is how it was before.</Text> : null}
        </Alert>
      ) : null}
      {data ? (
        <Tabs defaultValue="html" keepMounted={false} style={{ opacity: error ? 0.6 : 1 }}>
          <Tabs.List>
            <Tabs.Tab value="html">HTML</Tabs.Tab>
            <Tabs.Tab value="text">Text</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="html" pt="xs">
            <HtmlFrame html={data.html} title="Preview of the email" />
          </Tabs.Panel>
          <Tabs.Panel value="text" pt="xs">
            <CodeBlock value={data.text} label="text part" maxHeight={600} />
          </Tabs.Panel>
        </Tabs>
      ) : error ? null : (
        <Skeleton h={600} />
      )}
    </Stack>
  );
}
