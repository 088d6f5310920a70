import { Button, Group, Modal, Select, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, ApiError, read } from '../../api/client';
import { CopyText } from '../../components/copy';
import { showError } from '../../components/notify';
import { isProviderName, proofs, providerBody, providerNames, type ProviderName } from './provider-forms';
import { SecretOnce } from '../../components/secret-once';

interface Values {
  provider: ProviderName;
  proof: string;
  reportsDeliveries: boolean;
}
const choices = Object.entries(providerNames).map(([value, label]) => ({ value, label }));

/** Adds a provider, and shows what to enter there. */
export function AddProvider({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const form = useForm<Values>({ initialValues: { provider: 'ses', proof: '', reportsDeliveries: true } });
  const proof = proofs[form.values.provider];
  const add = useMutation({
    mutationFn: (values: Values) =>
      read(
        api.POST('/api/v1/providers', {
          body: providerBody(values.provider, values.proof.trim(), values.reportsDeliveries),
        }),
      ),
    meta: { isHandled: true },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['providers'] }),
    onError: (error) => {
      const problem = error instanceof ApiError && proof ? error.at(`/${proof.field}`) : undefined;
      if (problem === undefined) showError(error);
      else form.setFieldError('proof', problem);
    },
  });
  const close = (): void => {
    onClose();
    form.reset();
    add.reset();
  };
  return (
    <Modal opened={isOpen} onClose={close} title="Add a provider" size="lg" closeOnClickOutside={!add.data}>
      {add.data ? (
        <Stack>
          <Text size="sm">Enter this URL at {providerNames[add.data.provider]}, as the URL of its webhook:</Text>
          <CopyText value={add.data.url} label="URL of the webhook" />
          {add.data.credentials ? (
            <SecretOnce value={add.data.credentials.password} label="password">
              Postmark sends it by Basic authentication, with the user name {add.data.credentials.username}, or in the
              header {add.data.credentials.header}.
            </SecretOnce>
          ) : null}
          <Group justify="flex-end">
            <Button onClick={close}>Done</Button>
          </Group>
        </Stack>
      ) : (
        <form onSubmit={form.onSubmit((values) => add.mutate(values))}>
          <Stack>
            <Select
              label="Provider"
              allowDeselect={false}
              data={choices}
              value={form.values.provider}
              onChange={(value) => {
                if (isProviderName(value)) form.setValues({ provider: value, proof: '' });
              }}
            />
            {proof ? (
              <TextInput label={proof.label} autoComplete="off" {...form.getInputProps('proof')} />
            ) : (
              <Text size="sm">A password is made for it, and shown in the next step.</Text>
            )}
            <Switch
              label="It reports deliveries too"
              description="email.delivered then waits for its notice, and is not made of the answer of the SMTP server."
              {...form.getInputProps('reportsDeliveries', { type: 'checkbox' })}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                Cancel
              </Button>
              <Button type="submit" loading={add.isPending}>
                Add provider
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
