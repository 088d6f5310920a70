import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Navigate, useNavigate, useSearchParams } from 'react-router';
import { api, read } from '../../api/client';
import { Door, Refusal } from './door';
import { nextPath } from './next-path';

export function SignInPage() {
  const [search] = useSearchParams();
  const next = nextPath(search.get('next'));
  const navigate = useNavigate();
  const queries = useQueryClient();
  const who = useQuery({ queryKey: ['who'], queryFn: () => read(api.GET('/api/auth/get-session')), gcTime: 0 });
  const form = useForm({
    initialValues: { email: '', password: '' },
    validate: {
      email: (email) => (/^\S+@\S+$/.test(email.trim()) ? null : 'Give your email address'),
      password: (password) => (password === '' ? 'Give your password' : null),
    },
  });
  const signIn = useMutation({
    mutationFn: (body: typeof form.values) => read(api.POST('/api/auth/sign-in/email', { body })),
    meta: { isHandled: true },
    onSuccess: async () => {
      // What was there was somebody else's, or nobody's.
      queries.clear();
      await navigate(next, { replace: true });
    },
    onError: () => form.setFieldValue('password', ''),
  });
  if (who.data?.person) return <Navigate to={next} replace />;
  return (
    <Door title="Sign in">
      <form onSubmit={form.onSubmit((values) => signIn.mutate(values))} noValidate>
        <Stack>
          <Refusal error={signIn.error} />
          <TextInput
            label="Email"
            type="email"
            autoComplete="username"
            autoFocus
            maxLength={254}
            {...form.getInputProps('email')}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            maxLength={128}
            {...form.getInputProps('password')}
          />
          <Button type="submit" fullWidth loading={signIn.isPending}>
            Sign in
          </Button>
        </Stack>
      </form>
      <Text size="sm" c="dimmed">
        Lost your password? Ask an owner for a reset link: Settings → People. Nobody has joined yet? Follow the link
        that the server prints at its start.
      </Text>
    </Door>
  );
}
