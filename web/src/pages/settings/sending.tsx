import { Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ApiError, read } from '../../api/client';
import { useSession } from '../../api/session';
import { GuardedButton } from '../../components/guarded-button';
import { showDone, showError } from '../../components/notify';
import { Empty, Loaded } from '../../components/states';
import { SettingsPage } from '../../layout/settings-tabs';
import { useOwnerReason } from '../../components/owner-reason';
import { Providers } from './providers';
import { SendingDomainCard } from './sending-domain-card';

const loadDomains = () => read(api.GET('/api/v1/sending-domains', { params: { query: { limit: 250 } } }));
export type SendingDomain = Awaited<ReturnType<typeof loadDomains>>['data'][number];

export function SendingPage() {
  const query = useQuery({ queryKey: ['sending-domains'], queryFn: loadDomains });
  const { data: session } = useSession();
  return (
    <SettingsPage title="Sending" about="The domains that email is sent from, and who reports what becomes of it.">
      <Stack gap="xl">
        {session?.server.isMailboxUsed ? (
          <Text size="sm">
            No SMTP server is set (<code>SMTP_URL</code>), so mail stays in the mailbox here. Domains can be made ready
            all the same.
          </Text>
        ) : null}
        <Stack gap="md" component="section" aria-labelledby="domains">
          <Title order={2} size="h4" id="domains">
            Domains
          </Title>
          <AddDomain />
          <Loaded query={query}>
            {({ data }) =>
              data.length === 0 ? (
                <Empty title="No sending domain yet">
                  Add the domain of your sender addresses. You get the DNS records to set; with them mail is signed and
                  arrives.
                </Empty>
              ) : (
                data.map((domain) => <SendingDomainCard key={domain.id} domain={domain} />)
              )
            }
          </Loaded>
        </Stack>
        <Providers />
      </Stack>
    </SettingsPage>
  );
}

function AddDomain() {
  const queries = useQueryClient();
  const ownerReason = useOwnerReason();
  const form = useForm({ initialValues: { domain: '' } });
  const add = useMutation({
    mutationFn: (domain: string) => read(api.POST('/api/v1/sending-domains', { body: { domain } })),
    meta: { isHandled: true },
    onSuccess: ({ domain }) => {
      form.reset();
      showDone(`${domain} is added: set its records, and then check them.`);
      return queries.invalidateQueries({ queryKey: ['sending-domains'] });
    },
    onError: (error) => {
      const problem = error instanceof ApiError ? error.at('/domain') : undefined;
      if (problem === undefined) showError(error);
      else form.setFieldError('domain', problem);
    },
  });
  return (
    <form onSubmit={form.onSubmit(({ domain }) => add.mutate(domain))}>
      <Group align="flex-start">
        <TextInput
          aria-label="Domain"
          placeholder="acme.com"
          w={{ base: '100%', xs: 300 }}
          {...form.getInputProps('domain')}
        />
        <GuardedButton
          type="submit"
          loading={add.isPending}
          reason={ownerReason ?? (form.values.domain.trim() === '' ? 'Enter a domain first.' : undefined)}
        >
          Add domain
        </GuardedButton>
      </Group>
    </form>
  );
}
