import { Group, MultiSelect, Stack, Switch, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { ApiError } from '../../api/client';
import { GuardedButton } from '../../components/guarded-button';
import { showError } from '../../components/notify';
import { FormFields } from './form-fields';
import { fieldAt, type FormValues } from './form-values';
import { useLists } from './queries';

interface FormEditorProps {
  initial: FormValues;
  action: string;
  /** A new one can be saved as it stands. */
  isNew: boolean;
  save: (values: FormValues) => Promise<void>;
}

/** Everything that can be said of a sign-up form. */
export function FormEditor({ initial, action, isNew, save }: FormEditorProps) {
  const { options } = useLists();
  const form = useForm<FormValues>({
    initialValues: initial,
    validate: { name: (name) => (name.trim() === '' ? 'Give it a name, such as Newsletter' : null) },
  });
  const saving = useMutation({
    mutationFn: save,
    meta: { isHandled: true },
    onSuccess: () => form.resetDirty(),
    onError: (error) => {
      const errors = error instanceof ApiError ? (error.problem?.errors ?? []) : [];
      for (const { pointer, detail } of errors) form.setFieldError(fieldAt(pointer), detail);
      const isShown = errors.some(({ pointer }) => /^\/(name|redirectUrl|confirmSubject|fields\/)/.test(pointer));
      if (!isShown) showError(error);
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => saving.mutate(values))}>
      <Stack maw={640}>
        <TextInput
          label="Name"
          description="Also the heading of its page."
          withAsterisk
          maxLength={200}
          {...form.getInputProps('name')}
        />
        <MultiSelect
          label="Lists"
          description="Who signs up is put on them."
          placeholder={form.values.listIds.length === 0 ? 'None' : ''}
          data={options}
          searchable
          {...form.getInputProps('listIds')}
        />
        <FormFields form={form} />
        <Switch
          label="Double opt-in"
          description="Nobody is put on a list before they have followed a link in an email. Without it, anybody can sign up anybody."
          {...form.getInputProps('doubleOptIn', { type: 'checkbox' })}
        />
        {form.values.doubleOptIn ? (
          <TextInput
            label="Subject of the email that asks"
            placeholder={`Please confirm: ${form.values.name || 'the name of the form'}`}
            maxLength={200}
            {...form.getInputProps('confirmSubject')}
          />
        ) : null}
        <TextInput
          label="Where a browser goes afterwards"
          description="A page of yours that says thank you. Without it, we say it."
          placeholder="https://"
          maxLength={2048}
          {...form.getInputProps('redirectUrl')}
        />
        <Group>
          <GuardedButton
            type="submit"
            loading={saving.isPending}
            reason={isNew || form.isDirty() ? undefined : 'Nothing was changed.'}
          >
            {action}
          </GuardedButton>
        </Group>
      </Stack>
    </form>
  );
}
