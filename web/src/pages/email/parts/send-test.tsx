import { Anchor, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { ApiError } from '../../../api/client';
import { useSession } from '../../../api/session';
import { GuardedButton } from '../../../components/guarded-button';

interface SendTestProps {
  /** Asks the server for the test; answers with the id of the email. */
  send: (to: string) => Promise<{ emailId: string }>;
  /** Why it cannot be sent now. */
  reason?: string | undefined;
}

/** Sends what is written to one address, to be looked at. */
export function SendTest({ send, reason }: SendTestProps) {
  const [isOpen, { open, close }] = useDisclosure(false);
  const { data: session } = useSession();
  const [typed, setTyped] = useState<string>();
  const to = typed ?? session?.person?.email ?? '';
  const test = useMutation({ mutationFn: () => send(to), meta: { isHandled: true } });
  const problem = test.error instanceof ApiError ? (test.error.at('/to') ?? test.error.message) : test.error?.message;
  const openAnew = (): void => {
    test.reset();
    open();
  };
  return (
    <>
      <GuardedButton variant="default" reason={reason} onClick={openAnew}>
        Send a test
      </GuardedButton>
      <Modal opened={isOpen} onClose={close} title="Send a test">
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            test.mutate();
          }}
        >
          <Stack>
            <TextInput
              label="To"
              type="email"
              value={to}
              error={problem}
              onChange={({ currentTarget }) => setTyped(currentTarget.value)}
              data-autofocus
            />
            {test.data ? (
              <Text size="sm" role="status">
                The test is queued.{' '}
                <Anchor component={Link} to={`/emails/${test.data.emailId}`}>
                  See what becomes of it
                </Anchor>
                {session?.server.isMailboxUsed ? (
                  <>
                    {' '}
                    or look into{' '}
                    <Anchor component={Link} to="/mailbox">
                      the mailbox
                    </Anchor>
                  </>
                ) : null}
                .
              </Text>
            ) : (
              <Text size="sm" c="dimmed">
                It counts nowhere, and its links are not tracked.
              </Text>
            )}
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                Close
              </Button>
              <Button type="submit" loading={test.isPending}>
                Send
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
