import { Anchor, Badge, Button, Group, Select, Stack, Text, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import { api, ApiError, read } from '../../api/client';
import { CopyText } from '../../components/copy';
import { GuardedButton } from '../../components/guarded-button';
import { showDone, showError } from '../../components/notify';
import { Loaded } from '../../components/states';
import { Time } from '../../components/time';
import { SettingsPage } from '../../layout/settings-tabs';
import { useOwnerReason } from '../../components/owner-reason';

const loadWorkspace = () => read(api.GET('/api/v1/workspace'));
type Workspace = Awaited<ReturnType<typeof loadWorkspace>>;
const planNames: Record<Workspace['plan'], string> = {
  hobby: 'Hobby – without webhooks',
  starter: 'Starter',
  pro: 'Pro',
};
const planOptions = Object.entries(planNames).map(([value, label]) => ({ value, label }));

export function GeneralPage() {
  const workspace = useQuery({ queryKey: ['workspace'], queryFn: loadWorkspace });
  return (
    <SettingsPage title="General" about="The workspace, and what its contacts come to by default.">
      <Loaded query={workspace}>
        {(data) => (
          <Stack gap="xl" maw={560}>
            <Stack gap={4}>
              <Text size="sm" fw={500}>
                Workspace id
              </Text>
              <Text component="div" size="sm">
                <CopyText value={data.id} label="workspace id" />
              </Text>
              <Text size="xs" c="dimmed">
                Stands in every webhook. Made <Time at={data.createdAt} />.
              </Text>
            </Stack>
            <WorkspaceForm key={data.id} workspace={data} />
            <SendingDomains />
          </Stack>
        )}
      </Loaded>
    </SettingsPage>
  );
}

function WorkspaceForm({ workspace }: { workspace: Workspace }) {
  const queries = useQueryClient();
  const ownerReason = useOwnerReason();
  const lists = useQuery({
    queryKey: ['lists', 'all'],
    queryFn: () => read(api.GET('/api/v1/lists', { params: { query: { limit: 250 } } })),
  });
  const form = useForm({
    initialValues: { name: workspace.name, plan: workspace.plan, defaultListId: workspace.defaultListId },
  });
  const save = useMutation({
    mutationFn: (body: Pick<Workspace, 'name' | 'plan' | 'defaultListId'>) =>
      read(api.PATCH('/api/v1/workspace', { body })),
    meta: { isHandled: true },
    onSuccess: (data) => {
      queries.setQueryData(['workspace'], data);
      void queries.invalidateQueries({ queryKey: ['session'] });
      form.setInitialValues(data);
      form.resetDirty();
      showDone('The workspace is saved.');
    },
    onError: (error) => {
      const fields = ['name', 'plan', 'defaultListId'] as const;
      const found = fields.filter((field) => error instanceof ApiError && error.at(`/${field}`));
      if (!(error instanceof ApiError) || found.length === 0) return showError(error);
      for (const field of found) form.setFieldError(field, error.at(`/${field}`));
    },
  });
  const kept = form.values.defaultListId;
  const named = (lists.data?.data ?? []).map(({ id, name }) => ({ value: id, label: name }));
  const options = kept && !named.some(({ value }) => value === kept) ? [...named, { value: kept, label: kept }] : named;
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack>
        <TextInput label="Name" maxLength={200} {...form.getInputProps('name')} />
        <Select
          label="Plan"
          description="Webhooks are part of Starter and above."
          allowDeselect={false}
          data={planOptions}
          {...form.getInputProps('plan')}
        />
        <Select
          label="Default list"
          description="Contacts that Segment or RudderStack identify are put on it, where the call names no other."
          placeholder="None"
          clearable
          clearButtonProps={{ 'aria-label': 'No default list' }}
          searchable
          nothingFoundMessage="No list has that name"
          data={options}
          {...form.getInputProps('defaultListId')}
        />
        <Group>
          <GuardedButton
            type="submit"
            loading={save.isPending}
            reason={ownerReason ?? (form.isDirty() ? undefined : 'Nothing was changed.')}
          >
            Save
          </GuardedButton>
        </Group>
      </Stack>
    </form>
  );
}

function SendingDomains() {
  const domains = useQuery({
    queryKey: ['sending-domains'],
    queryFn: () => read(api.GET('/api/v1/sending-domains', { params: { query: { limit: 250 } } })),
  });
  const rows = domains.data?.data ?? [];
  return (
    <Stack gap="xs" mih={96}>
      <Title order={2} size="h4">
        Sending domains
      </Title>
      {rows.map(({ id, domain, isVerified }) => (
        <Group key={id} gap="xs">
          <Text size="sm">{domain}</Text>
          <Badge variant="light" color={isVerified ? 'teal' : 'yellow'} tt="none">
            {isVerified ? 'verified' : 'not verified yet'}
          </Badge>
        </Group>
      ))}
      {domains.data && rows.length === 0 ? (
        <Text size="sm" c="dimmed">
          None yet. Mail of a domain that has its DNS records is signed, and arrives.
        </Text>
      ) : null}
      <Group>
        <Button component={Link} to="/settings/sending" variant="light" size="xs">
          {rows.length === 0 ? 'Add a domain' : 'DNS records and checks'}
        </Button>
        <Anchor component={Link} to="/lists" size="sm">
          Lists
        </Anchor>
      </Group>
    </Stack>
  );
}
