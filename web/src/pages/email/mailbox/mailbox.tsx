import { Button, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import { api } from '../../../api/client';
import { useLive } from '../../../api/live';
import { usePages } from '../../../api/pages';
import { useConfirm } from '../../../components/confirm';
import { useFilters } from '../../../components/filters';
import { GuardedButton } from '../../../components/guarded-button';
import { Listing, type Column } from '../../../components/listing';
import { showDone } from '../../../components/notify';
import { Page } from '../../../components/page';
import { Empty } from '../../../components/states';
import { Time } from '../../../components/time';
import { loadMails, type Mail } from './queries';

const columns: Column<Mail>[] = [
  { title: 'Subject', cell: ({ subject }) => <span style={{ overflowWrap: 'anywhere' }}>{subject || '(none)'}</span> },
  { title: 'To', cell: ({ to }) => <span style={{ overflowWrap: 'anywhere' }}>{to.join(', ')}</span> },
  { title: 'From', cell: ({ from }) => from, isMinor: true },
  { title: 'Received', cell: ({ receivedAt }) => <Time at={receivedAt} isRelative />, width: 140 },
];

/** What the server inside has taken, where no other is set. */
export function MailboxPage() {
  const filters = useFilters(['to']);
  const to = filters.get('to');
  const ask = useConfirm();
  const queries = useQueryClient();
  const list = usePages(['mailbox', to], (cursor) => loadMails(to, cursor));
  const refresh = () => queries.invalidateQueries({ queryKey: ['mailbox'] });
  useLive('emails', () => void refresh());
  const clear = useMutation({
    mutationFn: () => api.DELETE('/api/v1/mailbox'),
    onSuccess() {
      showDone('The mailbox is empty.');
      return refresh();
    },
  });
  const askAndClear = async (): Promise<void> => {
    const text = 'The mails here are deleted. What is known of the emails stays.';
    if (await ask({ title: 'Empty the mailbox?', text, action: 'Empty it', isDangerous: true })) clear.mutate();
  };
  return (
    <Page
      title="Mailbox"
      about="Mail that would have gone out: SMTP_URL is not set, so a server inside keeps it here, for seven days."
      actions={
        <GuardedButton
          variant="default"
          loading={clear.isPending}
          reason={list.rows?.length === 0 ? 'It is empty.' : undefined}
          onClick={() => void askAndClear()}
        >
          Empty the mailbox
        </GuardedButton>
      }
    >
      {to === undefined ? null : (
        <Text size="sm">
          Only mails to {to}.{' '}
          <Button variant="subtle" size="compact-sm" onClick={filters.clear}>
            Show all
          </Button>
        </Text>
      )}
      <Listing
        label="Mails"
        list={list}
        columns={columns}
        href={({ id }) => `/mailbox/${id}`}
        onClearFilters={filters.isSet ? filters.clear : undefined}
        empty={
          <Empty title="No mail yet">
            <Stack gap={4}>
              <span>
                Send a test of a <Link to="/templates">template</Link>, or a <Link to="/campaigns">campaign</Link>: it
                arrives here.
              </span>
              <span>
                To send for real, set <span className="mono">SMTP_URL</span> and restart.
              </span>
            </Stack>
          </Empty>
        }
      />
    </Page>
  );
}
