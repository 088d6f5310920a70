import { Anchor, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { api, read } from '../../api/client';
import { useLive } from '../../api/live';
import { CopyText, Json } from '../../components/copy';
import { Loaded } from '../../components/states';
import { Time } from '../../components/time';
import { SettingsPage } from '../../layout/settings-tabs';
import { TestIntegration } from './test-integration';

const loadIntegrations = () => read(api.GET('/api/v1/integrations'));
export type Integration = Awaited<ReturnType<typeof loadIntegrations>>['data'][number];

const steps: Record<Integration['source'], string> = {
  segment: 'In Segment, add the destination Webhooks (Actions) to your source, and map identify and track to it.',
  rudderstack: 'In RudderStack, add the destination Webhook to your source, with POST as its method.',
};

export function IntegrationsPage() {
  const query = useQuery({ queryKey: ['integrations'], queryFn: loadIntegrations, refetchInterval: 15_000 });
  useLive('events', () => void query.refetch());
  return (
    <SettingsPage title="Integrations" about="Where Segment and RudderStack send their events, and how.">
      <Loaded query={query}>
        {({ data }) => (
          <SimpleGrid cols={{ base: 1, lg: 2 }}>
            {data.map((integration) => (
              <IntegrationCard key={integration.source} integration={integration} />
            ))}
          </SimpleGrid>
        )}
      </Loaded>
      <Text size="sm" c="dimmed" mt="md">
        The SDKs of both can be pointed straight at this server too: see{' '}
        <Anchor href="/docs" target="_blank" inherit>
          the API reference
        </Anchor>
        . Refused events stand under{' '}
        <Anchor component={Link} to="/rejections" inherit>
          Rejections
        </Anchor>
        , with the reason.
      </Text>
    </SettingsPage>
  );
}

function IntegrationCard({ integration }: { integration: Integration }) {
  const { source, name, method, url, headers, example, lastMessageAt } = integration;
  return (
    <Card withBorder component="section" aria-label={name}>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2} size="h4">
            {name}
          </Title>
          <Text size="sm" c="dimmed">
            Last message: {lastMessageAt === null ? <Text span>none yet</Text> : <Time at={lastMessageAt} isRelative />}
          </Text>
        </Group>
        <Text size="sm">{steps[source]}</Text>
        <Field label={`URL (${method})`}>
          <CopyText value={url} label={`URL for ${name}`} />
        </Field>
        <Field label="Headers">
          {headers.map((header) => (
            <CopyText
              key={header.name}
              value={`${header.name}: ${header.value}`}
              label={`header ${header.name} for ${name}`}
            />
          ))}
          <Text size="xs" c="dimmed">
            In place of the angle brackets goes a key of{' '}
            <Anchor component={Link} to="/settings/api" size="xs">
              Settings → API
            </Anchor>
            .
          </Text>
        </Field>
        <Text component="details" size="sm">
          <summary>What an identify looks like</summary>
          <Json value={example} label={`Example of ${name}`} />
        </Text>
        <TestIntegration integration={integration} />
      </Stack>
    </Card>
  );
}

function Field({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <Text component="div" size="sm">
      <Text inherit fw={500}>
        {label}
      </Text>
      {children}
    </Text>
  );
}
