import { Button, Checkbox, Fieldset, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { IconTrash } from '@tabler/icons-react';
import { kindOf, traitOf, type FormValues } from './form-values';

const kinds = [
  { value: 'firstName', label: 'First name' },
  { value: 'lastName', label: 'Last name' },
  { value: 'trait', label: 'Trait' },
];
const mostFields = 30;

/** What a form asks for besides the email. */
export function FormFields({ form }: { form: UseFormReturnType<FormValues> }) {
  const { fields } = form.values;
  return (
    <Fieldset legend="Fields besides the email">
      <Stack>
        {fields.length === 0 ? (
          <Text size="sm" c="dimmed">
            None: it asks for the email alone.
          </Text>
        ) : null}
        {fields.map((field, index) => (
          <Field key={index} form={form} index={index} field={field} />
        ))}
        {form.errors['fields'] ? (
          <Text size="sm" c="red" role="alert">
            {form.errors['fields']}
          </Text>
        ) : null}
        <Group>
          <Button
            size="xs"
            variant="light"
            disabled={fields.length >= mostFields}
            onClick={() => form.insertListItem('fields', { key: 'metadata.', label: '', required: false })}
          >
            Add a field
          </Button>
        </Group>
      </Stack>
    </Fieldset>
  );
}

function Field({
  form,
  index,
  field,
}: {
  form: UseFormReturnType<FormValues>;
  index: number;
  field: FormValues['fields'][number];
}) {
  const number = index + 1;
  const kind = kindOf(field.key);
  const setKey = (key: string): void => form.setFieldValue(`fields.${index}.key`, key);
  return (
    <Stack gap={6} role="group" aria-label={`Field ${number}`}>
      <Group align="flex-start" gap="xs">
        <TextInput
          label={`Label of field ${number}`}
          maxLength={200}
          flex="1 1 160px"
          {...form.getInputProps(`fields.${index}.label`)}
        />
        <Select
          label="Kept as"
          data={kinds}
          allowDeselect={false}
          value={kind}
          flex="0 1 130px"
          onChange={(value) => setKey(value === null || value === 'trait' ? 'metadata.' : value)}
          {...(kind === 'trait' ? {} : { error: form.errors[`fields.${index}.key`] })}
        />
        {kind === 'trait' ? (
          <TextInput
            label="Name of the trait"
            placeholder="city"
            maxLength={190}
            flex="0 1 150px"
            value={traitOf(field.key)}
            onChange={({ currentTarget }) => setKey(`metadata.${currentTarget.value}`)}
            error={form.errors[`fields.${index}.key`]}
          />
        ) : null}
      </Group>
      <Group>
        <Checkbox
          label="required"
          aria-label={`Field ${number} is required`}
          {...form.getInputProps(`fields.${index}.required`, { type: 'checkbox' })}
        />
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          leftSection={<IconTrash size={14} aria-hidden />}
          aria-label={`Remove field ${number}`}
          onClick={() => form.removeListItem('fields', index)}
        >
          Remove
        </Button>
      </Group>
    </Stack>
  );
}
