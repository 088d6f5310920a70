import { Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useEffectEvent } from 'react';
import { api, read } from '../../api/client';
import { CopyText } from '../../components/copy';
import { GuardedButton } from '../../components/guarded-button';
import { showDone } from '../../components/notify';
import { Status } from '../../components/status';
import { Time } from '../../components/time';
import { contactKey, type Contact } from './queries';

/** Who a contact is, and whether they get email. */
export function ContactFields({ contact }: { contact: Contact }) {
  const queries = useQueryClient();
  const { id, email, status, source, userIds, createdAt, updatedAt } = contact;
  const form = useForm({ initialValues: valuesOf(contact) });
  useFresh(form, contact);
  const save = useMutation({
    // What was not touched may have been changed by an event meanwhile.
    mutationFn: ({ firstName, lastName, status: wanted }: typeof form.values) =>
      read(
        api.PATCH('/api/v1/contacts/{id}', {
          params: { path: { id } },
          body: {
            ...(form.isDirty('firstName') ? { firstName } : {}),
            ...(form.isDirty('lastName') ? { lastName } : {}),
            ...(form.isDirty('status') && (wanted === 'active' || wanted === 'unsubscribed') ? { status: wanted } : {}),
          },
        }),
      ),
    onSuccess: async (saved) => {
      form.setValues(valuesOf(saved));
      form.resetDirty(valuesOf(saved));
      queries.setQueryData(contactKey(id), saved);
      showDone('The contact is saved.');
      await queries.invalidateQueries({ queryKey: ['timeline', id] });
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack gap="sm">
        <Group gap="xs">
          <Status value={status} reason={whatStatusMeans[status]} />
          <Text size="sm" c="dimmed">
            came by {source}, added <Time at={createdAt} isRelative />, changed <Time at={updatedAt} isRelative />
          </Text>
        </Group>
        <Labelled label="Email">
          <CopyText value={email} label="email" />
        </Labelled>
        <Labelled label="Contact id">
          <CopyText value={id} label="contact id" />
        </Labelled>
        <Labelled label={userIds.length > 1 ? 'User ids' : 'User id'}>
          {userIds.length === 0 ? (
            <Text size="sm" c="dimmed">
              None: only events that carry the email are theirs.
            </Text>
          ) : (
            userIds.map((userId) => <CopyText key={userId} value={userId} label="user id" />)
          )}
        </Labelled>
        <Group grow align="flex-start">
          <TextInput label="First name" maxLength={1000} {...form.getInputProps('firstName')} />
          <TextInput label="Last name" maxLength={1000} {...form.getInputProps('lastName')} />
        </Group>
        <Select
          label="Status"
          description={whatStatusMeans[form.values.status]}
          allowDeselect={false}
          data={[...new Set([status, 'active', 'unsubscribed'])]}
          {...form.getInputProps('status')}
        />
        <Group>
          <GuardedButton
            type="submit"
            loading={save.isPending}
            reason={form.isDirty() ? undefined : 'Nothing was changed.'}
          >
            Save
          </GuardedButton>
        </Group>
      </Stack>
    </form>
  );
}

function valuesOf({ firstName, lastName, status }: Contact) {
  return { firstName: firstName ?? '', lastName: lastName ?? '', status };
}

/** An event may change the contact while its page is open: shown at once, unless somebody is typing. */
function useFresh(form: UseFormReturnType<ReturnType<typeof valuesOf>>, contact: Contact): void {
  const refresh = useEffectEvent(() => {
    if (form.isDirty()) return;
    form.setValues(valuesOf(contact));
    form.resetDirty(valuesOf(contact));
  });
  useEffect(() => refresh(), [contact]);
}

const whatStatusMeans: Record<Contact['status'], string> = {
  active: 'Gets campaigns and automations.',
  unsubscribed: 'Gets no campaigns and automations; receipts and the like still arrive.',
  bounced: 'An email could not be delivered for good: nothing is sent to this address any more.',
  complained: 'An email was reported as spam: nothing is sent to this address any more.',
};

function Labelled({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      {children}
    </div>
  );
}
