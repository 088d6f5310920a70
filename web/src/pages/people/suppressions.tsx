import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ApiError, read } from '../../api/client';
import { usePages } from '../../api/pages';
import { useConfirm } from '../../components/confirm';
import { Listing, type Column } from '../../components/listing';
import { showDone, showError } from '../../components/notify';
import { Page } from '../../components/page';
import { Empty } from '../../components/states';
import { Status } from '../../components/status';
import { Time } from '../../components/time';
import { Wrapped } from './contact-columns';

type Reason = 'unsubscribed' | 'manual' | 'bounced' | 'complained';
interface Suppression {
  id: string;
  email: string | null;
  reason: Reason;
  createdAt: string;
}
const queryKey = ['suppressions'];

export function SuppressionsPage() {
  const [isAdding, setIsAdding] = useState(false);
  const list = usePages<Suppression>(queryKey, async (cursor) => {
    const page = await read(
      api.GET('/api/v1/suppressions', {
        params: { query: { limit: 50, ...(cursor === undefined ? {} : { cursor }) } },
      }),
    );
    return { ...page, data: page.data.map((row, index) => ({ ...row, id: row.email ?? `${row.createdAt} ${index}` })) };
  });
  const add = <Button onClick={() => setIsAdding(true)}>Suppress an address</Button>;
  return (
    <Page
      title="Suppressions"
      about="Addresses that nothing is sent to, whoever holds them. They outlive contacts: an import cannot bring them back."
      actions={add}
    >
      <Listing
        label="Suppressions"
        list={list}
        columns={columns}
        empty={
          <Empty title="Nothing is suppressed">
            Hard bounces and complaints come here by themselves, so that your sender’s name stays good.
          </Empty>
        }
      />
      <AddSuppression isOpen={isAdding} onClose={() => setIsAdding(false)} />
    </Page>
  );
}

const words: Record<Reason, string> = {
  unsubscribed: 'The contact had unsubscribed and was deleted; receipts and the like are still sent.',
  manual: 'Somebody has added it.',
  bounced: 'The server of the address has said for good that it does not exist.',
  complained: 'The person has reported an email as spam.',
};

const columns: Column<Suppression>[] = [
  { title: 'Address', cell: ({ email }) => <Wrapped>{email ?? '(erased, still in force)'}</Wrapped> },
  { title: 'Why', cell: ({ reason }) => <Status value={reason} reason={words[reason]} /> },
  { title: 'Since', cell: ({ createdAt }) => <Time at={createdAt} isRelative />, isMinor: true },
  {
    title: 'Actions',
    align: 'right',
    cell: ({ email, reason }) => (email ? <Lift email={email} reason={reason} /> : null),
  },
];

function Lift({ email, reason }: { email: string; reason: Reason }) {
  const ask = useConfirm();
  const queries = useQueryClient();
  const lift = useMutation({
    mutationFn: () => api.DELETE('/api/v1/suppressions/{email}', { params: { path: { email } } }),
    onSuccess: () => {
      showDone(`${email} can be sent to again.`);
      return queries.invalidateQueries({ queryKey });
    },
  });
  const onClick = async (): Promise<void> => {
    const isSure = await ask({
      title: 'Send to this address again?',
      text: warnings[reason](email),
      action: 'Lift it',
    });
    if (isSure) lift.mutate();
  };
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      loading={lift.isPending}
      onClick={() => void onClick()}
      aria-label={`Lift the suppression of ${email}`}
    >
      Lift
    </Button>
  );
}

const status = 'The status of the contact is another thing: change it on the contact’s page.';
const warnings: Record<Reason, (email: string) => string> = {
  manual: (email) => `Email to ${email} goes out again. ${status}`,
  unsubscribed: (email) => `${email} has unsubscribed. Lift it only if the person has asked you to. ${status}`,
  bounced: (email) =>
    `A server has said that ${email} does not exist. Providers count mail to such addresses against you: lift it only if you know that it exists now. ${status}`,
  complained: (email) =>
    `${email} has reported an email of yours as spam. Another report harms the delivery of all your mail: lift it only if the person has asked you to. ${status}`,
};

function AddSuppression({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const form = useForm({ initialValues: { email: '' } });
  const close = (): void => {
    onClose();
    form.reset();
  };
  const add = useMutation({
    mutationFn: (email: string) => read(api.POST('/api/v1/suppressions', { body: { email } })),
    meta: { isHandled: true },
    onSuccess: async ({ email }) => {
      showDone(`Nothing is sent to ${email ?? 'the address'} any more.`);
      close();
      await queries.invalidateQueries({ queryKey });
    },
    onError: (error) => {
      const problem = error instanceof ApiError ? error.at('/email') : undefined;
      if (problem === undefined) showError(error);
      else form.setFieldError('email', problem);
    },
  });
  return (
    <Modal opened={isOpen} onClose={close} title="Suppress an address" centered>
      <form onSubmit={form.onSubmit(({ email }) => add.mutate(email))}>
        <Stack>
          <TextInput label="Email" maxLength={254} data-autofocus {...form.getInputProps('email')} />
          <Text size="sm" c="dimmed">
            From then on nothing goes to it: no campaign, no automation, no receipt.
          </Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={add.isPending}>
              Suppress
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
