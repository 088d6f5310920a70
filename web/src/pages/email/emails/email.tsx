import { Button, SimpleGrid, Stack, Tabs, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { api, read } from '../../../api/client';
import { useLive } from '../../../api/live';
import { Page } from '../../../components/page';
import { CodeBlock, Json } from '../../../components/copy';
import { Loaded } from '../../../components/states';
import { TemporalButton } from '../../../components/temporal-link';
import { HtmlFrame } from '../parts/html-frame';
import { EmailFacts } from './email-facts';
import { EmailTimeline } from './email-timeline';
import { loadEmail } from './queries';

/** One email: what it is, what happened to it, and how it looks. */
export function EmailPage() {
  const { id = '' } = useParams();
  const query = useQuery({ queryKey: ['email', id], queryFn: () => loadEmail(id), refetchInterval: 15_000 });
  useLive('emails', ({ ids, isAll }) => {
    if (isAll || ids.includes(id)) void query.refetch();
  });
  return (
    <Page
      title={query.data?.subject ?? 'Email'}
      back={{ to: '/emails', label: 'Emails' }}
      actions={<TemporalButton url={query.data?.temporalUrl} />}
    >
      <Loaded query={query}>
        {(email) => (
          <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="xl">
            <Stack>
              <EmailFacts email={email} />
              <EmailTimeline email={email} />
              {email.data ? <Json value={email.data} label="data" /> : null}
            </Stack>
            <EmailLook id={id} />
          </SimpleGrid>
        )}
      </Loaded>
    </Page>
  );
}

function EmailLook({ id }: { id: string }) {
  const query = useQuery({
    queryKey: ['email', id, 'preview'],
    queryFn: () => read(api.GET('/api/v1/emails/{id}/preview', { params: { path: { id } } })),
    retry: false,
    staleTime: 60_000,
  });
  if (query.error) {
    return (
      <Stack align="flex-start">
        <Text size="sm" c="dimmed">
          {query.error.message}
        </Text>
        <Button component={Link} to="/templates" variant="default" size="xs">
          Templates
        </Button>
      </Stack>
    );
  }
  return (
    <Loaded query={query}>
      {({ html, text }) => (
        <Stack gap="xs">
          <Tabs defaultValue="html" keepMounted={false}>
            <Tabs.List>
              <Tabs.Tab value="html">HTML</Tabs.Tab>
              <Tabs.Tab value="text">Text</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="html" pt="xs">
              <HtmlFrame html={html} title="The email" />
            </Tabs.Panel>
            <Tabs.Panel value="text" pt="xs">
              <CodeBlock value={text} label="text part" maxHeight={600} />
            </Tabs.Panel>
          </Tabs>
          <Text size="xs" c="dimmed">
            Made once more with what is known today: no copy of an email is kept. Its links are not tracked here.
          </Text>
        </Stack>
      )}
    </Loaded>
  );
}
