import { Alert, Anchor, Group, Stack, Tabs, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { api, read } from '../../../api/client';
import { CodeBlock } from '../../../components/copy';
import { Page } from '../../../components/page';
import { Loaded } from '../../../components/states';
import { Time } from '../../../components/time';
import { HtmlFrame } from '../parts/html-frame';

const loadMail = (id: string) => read(api.GET('/api/v1/mailbox/{id}', { params: { path: { id } } }));

/** One mail, as a mail program shows it and as it came. */
export function MailPage() {
  const { id = '' } = useParams();
  const query = useQuery({ queryKey: ['mailbox', 'mail', id], queryFn: () => loadMail(id), staleTime: Infinity });
  const { data } = query;
  return (
    <Page
      title={data ? data.subject || '(no subject)' : 'Mail'}
      back={{ to: '/mailbox', label: 'Mailbox' }}
      about={
        data ? (
          <Group gap="xs">
            <span>
              From {data.from} to {data.to.join(', ')},
            </span>
            <Time at={data.receivedAt} />
            {data.emailId === null ? null : (
              <Anchor component={Link} to={`/emails/${data.emailId}`} inherit>
                What became of this email
              </Anchor>
            )}
          </Group>
        ) : null
      }
    >
      <Loaded query={query}>{(mail) => <Parts mail={mail} />}</Loaded>
    </Page>
  );
}

function Parts({ mail: { html, text, raw, isTruncated } }: { mail: Awaited<ReturnType<typeof loadMail>> }) {
  return (
    <Stack gap="sm">
      {isTruncated ? (
        <Alert color="yellow" variant="light" title="This mail is long">
          Its first 256 KB are kept, so its end is missing here.
        </Alert>
      ) : null}
      <Tabs defaultValue={html === null ? 'text' : 'html'} keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="html" disabled={html === null}>
            HTML
          </Tabs.Tab>
          <Tabs.Tab value="text">Text</Tabs.Tab>
          <Tabs.Tab value="source">Source</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="html" pt="sm">
          <HtmlFrame html={html ?? ''} title="The mail" height={640} />
          <Text size="xs" c="dimmed" mt="xs">
            Shown with its pictures, the open pixel among them: as in any mail program, looking at it counts as an open.
          </Text>
        </Tabs.Panel>
        <Tabs.Panel value="text" pt="sm">
          <CodeBlock value={text ?? ''} label="text part" maxHeight={640} />
        </Tabs.Panel>
        <Tabs.Panel value="source" pt="sm">
          <CodeBlock value={raw} label="source of the mail" maxHeight={640} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
