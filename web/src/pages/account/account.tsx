import { Button, Card, Group, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, ApiError, read } from '../../api/client';
import { useSession } from '../../api/session';
import { showDone, showError } from '../../components/notify';
import { Page } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import { passwordHint, passwordProblem } from './password';

/** What is one's own: name and password. */
export function AccountPage() {
  const session = useSession();
  return (
    <Page title="My account" about="Who you are here, and what you sign in with.">
      <Loaded query={session}>
        {({ person }) =>
          person ? (
            <Stack maw={520}>
              <Name name={person.name} email={person.email} />
              <Password email={person.email} />
            </Stack>
          ) : (
            <Empty title="Nobody is signed in">These calls are made with an API key.</Empty>
          )
        }
      </Loaded>
    </Page>
  );
}

function Name({ name, email }: { name: string; email: string }) {
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { name },
    validate: { name: (given) => (given.trim() === '' ? 'Give your name, as others should see it' : null) },
  });
  const rename = useMutation({
    mutationFn: (body: { name: string }) => read(api.PATCH('/api/v1/people/me', { body })),
    onSuccess: async (person) => {
      form.setInitialValues({ name: person.name });
      form.reset();
      showDone('Your name is saved.');
      await Promise.all(['session', 'people'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
    },
  });
  return (
    <Card withBorder>
      <form onSubmit={form.onSubmit((values) => rename.mutate(values))}>
        <Stack>
          <Title order={2} size="h4">
            Name
          </Title>
          <TextInput label="Your name" autoComplete="name" maxLength={200} {...form.getInputProps('name')} />
          <TextInput label="Email" value={email} readOnly description="You sign in with it; it stays as it is." />
          <Group justify="flex-end">
            <Button type="submit" loading={rename.isPending} disabled={!form.isDirty()}>
              Save name
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}

function Password({ email }: { email: string }) {
  const form = useForm({
    initialValues: { currentPassword: '', newPassword: '' },
    validate: {
      currentPassword: (password) => (password === '' ? 'Give the password that you signed in with' : null),
      newPassword: passwordProblem,
    },
  });
  const change = useMutation({
    mutationFn: (body: typeof form.values) => api.POST('/api/auth/change-password', { body }),
    meta: { isHandled: true },
    onSuccess: () => {
      form.reset();
      showDone('Your password is changed; you are signed out everywhere else.');
    },
    onError: (error) => {
      const fields = ['currentPassword', 'newPassword'] as const;
      const known = fields.filter((field) => error instanceof ApiError && error.at(`/${field}`) !== undefined);
      for (const field of known) form.setFieldError(field, error instanceof ApiError ? error.at(`/${field}`) : null);
      if (known.length === 0) showError(error);
    },
  });
  return (
    <Card withBorder>
      <form onSubmit={form.onSubmit((values) => change.mutate(values))}>
        <Stack>
          <Title order={2} size="h4">
            Password
          </Title>
          {/* For password managers, which look for whose password it is. */}
          <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
          <PasswordInput
            label="Current password"
            autoComplete="current-password"
            maxLength={128}
            {...form.getInputProps('currentPassword')}
          />
          <PasswordInput
            label="New password"
            description={passwordHint}
            autoComplete="new-password"
            maxLength={128}
            {...form.getInputProps('newPassword')}
          />
          <Text size="sm" c="dimmed">
            All your other sessions end with it.
          </Text>
          <Group justify="flex-end">
            <Button type="submit" loading={change.isPending}>
              Change password
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}
