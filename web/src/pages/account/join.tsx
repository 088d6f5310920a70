import { Anchor, Button, PasswordInput, Skeleton, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from 'react-router';
import { api, ApiError, read } from '../../api/client';
import { ErrorNote } from '../../components/states';
import { Door, Refusal } from './door';
import { passwordHint, passwordProblem } from './password';

const look = (token: string) => read(api.GET('/api/join/{token}', { params: { path: { token } } }));
type Offer = Awaited<ReturnType<typeof look>>;

/** Follows an invitation, the link of the first start, or a reset link. */
export function JoinPage() {
  const { token = '' } = useParams();
  // It holds once: asked again after it was followed it would say that it is gone.
  const offer = useQuery({ queryKey: ['join', token], queryFn: () => look(token), staleTime: Infinity });
  if (offer.data) return <JoinForm token={token} offer={offer.data} />;
  if (offer.error instanceof ApiError && offer.error.status === 404) {
    return (
      <Door title="This link does not hold" about={offer.error.message}>
        <Anchor component={Link} to="/login">
          Sign in
        </Anchor>
      </Door>
    );
  }
  return (
    <Door title="Join">
      {offer.error ? (
        <ErrorNote error={offer.error} onRetry={() => void offer.refetch()} />
      ) : (
        <Skeleton height={260} aria-label="Loading" />
      )}
    </Door>
  );
}

function JoinForm({ token, offer }: { token: string; offer: Offer }) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const isReset = offer.kind === 'reset';
  const form = useForm({
    initialValues: { name: '', email: offer.email ?? '', password: '' },
    validate: {
      name: (name) => (isReset || name.trim() !== '' ? null : 'Give your name, as others should see it'),
      email: (email) => (/^\S+@\S+$/.test(email.trim()) ? null : 'Give your email address'),
      password: passwordProblem,
    },
  });
  const join = useMutation({
    mutationFn: ({ name, email, password }: typeof form.values) =>
      read(
        api.POST('/api/join/{token}', {
          params: { path: { token } },
          body: { password, ...(isReset ? {} : { name }), ...(offer.email === null ? { email } : {}) },
        }),
      ),
    meta: { isHandled: true },
    onSuccess: async () => {
      queries.clear();
      await navigate('/', { replace: true });
    },
    onError: (error) => {
      if (!(error instanceof ApiError)) return;
      for (const field of ['name', 'email', 'password'] as const) form.setFieldError(field, error.at(`/${field}`));
    },
  });
  const words = wordsFor(offer);
  return (
    <Door title={words.title} about={words.about}>
      <form onSubmit={form.onSubmit((values) => join.mutate(values))} noValidate>
        <Stack>
          <Refusal error={join.error} />
          {isReset ? null : (
            <TextInput
              label="Your name"
              autoComplete="name"
              autoFocus
              maxLength={200}
              {...form.getInputProps('name')}
            />
          )}
          <TextInput
            label="Email"
            type="email"
            autoComplete="username"
            maxLength={254}
            readOnly={offer.email !== null}
            description={offer.email === null ? 'You sign in with it' : 'You sign in with it; the link is for it alone'}
            {...form.getInputProps('email')}
          />
          <PasswordInput
            label="Password"
            description={passwordHint}
            autoComplete="new-password"
            maxLength={128}
            {...form.getInputProps('password')}
          />
          <Button type="submit" fullWidth loading={join.isPending}>
            {words.action}
          </Button>
        </Stack>
      </form>
    </Door>
  );
}

function wordsFor({ kind, workspaceName, role }: Offer): { title: string; about: string; action: string } {
  switch (kind) {
    case 'first owner':
      return {
        title: 'Become the owner',
        about: 'Nobody has joined this server yet. Who does now owns it, and can invite others.',
        action: 'Create the owner',
      };
    case 'invite':
      return {
        title: `Join ${workspaceName}`,
        about: `You are invited as ${role === 'owner' ? 'an owner' : 'a member'}.`,
        action: 'Join',
      };
    case 'reset':
      return {
        title: 'Choose a new password',
        about: 'You are signed out everywhere else when it is set.',
        action: 'Set the password and sign in',
      };
  }
}
