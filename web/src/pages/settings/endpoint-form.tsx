import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  Input,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { ApiError } from '../../api/client';
import { showError } from '../../components/notify';
import { fieldErrors, headersOf, maskedValue, validateValues, type EndpointValues } from './endpoint-values';
import type { WebhookEvent } from './queries';
import { isWebhookEvent, webhookEventNames, webhookEvents } from './webhook-events';

export interface EndpointBody {
  url: string;
  description: string;
  events: WebhookEvent[];
  headers: Record<string, string>;
}

/** URL, description, events and headers of an endpoint, new or known. `save` throws what the server says. */
export function EndpointForm({
  initialValues,
  save,
  buttons,
}: {
  initialValues: EndpointValues;
  save: (body: EndpointBody) => Promise<unknown>;
  buttons: (isDirty: boolean) => ReactNode;
}) {
  const form = useForm<EndpointValues>({ initialValues, validate: validateValues });
  const submit = async (values: EndpointValues): Promise<void> => {
    try {
      await save({
        url: values.url.trim(),
        description: values.description,
        events: values.events.filter(isWebhookEvent),
        headers: headersOf(values.headers),
      });
      form.resetDirty();
    } catch (error) {
      const found = fieldErrors((error instanceof ApiError ? error.problem?.errors : undefined) ?? [], values.headers);
      if (Object.keys(found).length === 0) showError(error);
      form.setErrors(found);
    }
  };
  const { events, headers } = form.values;
  const areAll = events.length === webhookEventNames.length;
  return (
    <form onSubmit={form.onSubmit((values) => void submit(values))}>
      <Stack>
        <TextInput
          label="URL"
          description="It takes a POST over https, and answers with a 2xx within 30 seconds."
          placeholder="https://hooks.acme.com/emailsendx"
          data-autofocus
          {...form.getInputProps('url')}
        />
        <Textarea
          label="Description"
          placeholder="What it is for"
          autosize
          maxLength={500}
          {...form.getInputProps('description')}
        />
        <Checkbox.Group label="Events" {...form.getInputProps('events')}>
          <Checkbox
            mt="xs"
            label="All nine"
            checked={areAll}
            indeterminate={!areAll && events.length > 0}
            onChange={() => form.setFieldValue('events', areAll ? [] : [...webhookEventNames])}
          />
          <SimpleGrid cols={{ base: 1, sm: 2 }} mt="xs" spacing="xs">
            {webhookEventNames.map((name) => (
              <Checkbox key={name} value={name} label={name} description={webhookEvents[name]} />
            ))}
          </SimpleGrid>
        </Checkbox.Group>
        <Input.Wrapper
          label="Headers"
          labelElement="div"
          description={`Sent with every webhook, for your own sign-in say. Values are kept encrypted and shown as ${maskedValue}; leave ${maskedValue} to keep one.`}
          error={form.errors['headers']}
        >
          <Stack gap="xs" mt="xs">
            {headers.map((_header, row) => (
              <Group key={row} gap="xs" align="flex-start" wrap="nowrap">
                <TextInput
                  aria-label={`Name of header ${row + 1}`}
                  placeholder="Authorization"
                  style={{ flex: 1 }}
                  {...form.getInputProps(`headers.${row}.name`)}
                />
                <TextInput
                  aria-label={`Value of header ${row + 1}`}
                  placeholder="Bearer …"
                  style={{ flex: 2 }}
                  autoComplete="off"
                  {...form.getInputProps(`headers.${row}.value`)}
                />
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size="lg"
                  aria-label={`Remove header ${row + 1}`}
                  onClick={() => form.removeListItem('headers', row)}
                >
                  <IconTrash size={16} />
                </ActionIcon>
              </Group>
            ))}
            <Group>
              <Button
                size="xs"
                variant="default"
                leftSection={<IconPlus size={14} />}
                onClick={() => form.insertListItem('headers', { name: '', value: '' })}
              >
                Add a header
              </Button>
              {headers.length === 0 ? (
                <Text size="xs" c="dimmed">
                  None so far.
                </Text>
              ) : null}
            </Group>
          </Stack>
        </Input.Wrapper>
        {buttons(form.isDirty())}
      </Stack>
    </form>
  );
}
