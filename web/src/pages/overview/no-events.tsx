import { Anchor, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { CodeBlock } from '../../components/copy';
import { Empty } from '../../components/states';

/** What to do first. */
export function NoEvents() {
  return (
    <Stack align="center" gap={0}>
      <Empty title="Nothing has come yet">
        Connect Segment or RudderStack in{' '}
        <Anchor component={Link} to="/settings/integrations" inherit underline="always">
          Settings → Integrations
        </Anchor>
        , or send an identify yourself with a key from{' '}
        <Anchor component={Link} to="/settings/api" inherit underline="always">
          Settings → API
        </Anchor>
        . It appears here by itself.
      </Empty>
      <Text component="div" w="100%" maw={720}>
        <CodeBlock value={sample(window.location.origin)} label="command that sends an identify" />
      </Text>
    </Stack>
  );
}

function sample(origin: string): string {
  const event = { type: 'identify', userId: 'user_1', traits: { email: 'you@example.com' } };
  return [
    `curl -X POST ${origin}/api/segment/track \\`,
    `  -H "Authorization: Bearer YOUR_KEY" -H 'Content-Type: application/json' \\`,
    `  -d '${JSON.stringify(event)}'`,
  ].join('\n');
}
