import { List, SegmentedControl, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { CodeBlock } from '../../components/copy';
import { snippetLanguages, snippets, type SnippetLanguage } from '../../snippets';

const choices = Object.entries(snippetLanguages).map(([value, label]) => ({ value, label }));

/** Code that verifies the signature of webhooks. */
export function VerifyWebhooks() {
  const [language, setLanguage] = useState<SnippetLanguage>('node');
  return (
    <Stack maw={820}>
      <Text size="sm">
        Webhooks are signed by Standard Webhooks 1.0.0, so any library of it verifies them. This is the same without a
        library. The secret was shown when the endpoint was added; where it is lost, rotate it.
      </Text>
      <SegmentedControl
        aria-label="Language"
        data={choices}
        value={language}
        onChange={(value) => {
          if (isLanguage(value)) setLanguage(value);
        }}
      />
      <CodeBlock value={snippets[language]} label={`${snippetLanguages[language]} code`} maxHeight={560} />
      <List size="sm">
        <List.Item>
          Take the raw body: one that was parsed and written again has other bytes, and does not verify.
        </List.Item>
        <List.Item>
          The header <code>webhook-id</code> stays the same over all attempts: whoever remembers it does nothing twice.
        </List.Item>
        <List.Item>Answer with a 2xx within 30 seconds, and do the work afterwards.</List.Item>
      </List>
    </Stack>
  );
}

function isLanguage(value: string): value is SnippetLanguage {
  return Object.hasOwn(snippets, value);
}
