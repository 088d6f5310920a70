import { Autocomplete, Fieldset, JsonInput, NumberInput, Select, Stack, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, read } from '../../api/client';
import { useEventNames } from './queries';
import { readObject, type SimulationForm } from './simulation';

interface SimulationInputsProps {
  form: SimulationForm;
  triggerName: string;
  errorAt: (pointer: string) => string | undefined;
  onChange: (change: Partial<SimulationForm>) => void;
}

/** The event, for whom, and what is assumed of the world. */
export function SimulationInputs(props: SimulationInputsProps) {
  return (
    <Stack>
      <EventInputs {...props} />
      <ContactInputs {...props} />
      <Assumptions {...props} />
    </Stack>
  );
}

function EventInputs({ form, triggerName, errorAt, onChange }: SimulationInputsProps) {
  const { data: names } = useEventNames();
  const recent = useQuery({
    queryKey: ['events', 'newest-tracks'],
    queryFn: () => read(api.GET('/api/v1/events', { params: { query: { type: 'track', limit: 20 } } })),
  });
  const take = useMutation({
    mutationFn: (messageId: string) => read(api.GET('/api/v1/events/{messageId}', { params: { path: { messageId } } })),
    onSuccess: ({ event, contactId, payload }) => {
      const properties = propertiesOf(payload);
      onChange({
        eventName: event ?? '',
        contactId: contactId ?? '',
        properties: JSON.stringify(properties, null, 2),
      });
    },
  });
  return (
    <Fieldset legend="The event">
      <Stack gap="sm">
        <Select
          label="Like one that came in"
          placeholder="Choose a received event"
          data={(recent.data?.data ?? []).map(({ messageId, event, receivedAt }) => ({
            value: messageId,
            label: `${event ?? ''} · ${new Date(receivedAt).toLocaleString()}`,
          }))}
          nothingFoundMessage="No track has come in yet"
          clearable
          onChange={(messageId) => {
            if (messageId !== null) take.mutate(messageId);
          }}
        />
        <Autocomplete
          label="Event name"
          placeholder={triggerName || 'Purchase Completed'}
          description="Empty: the one that starts the automation"
          data={names?.data.map(({ name }) => name) ?? []}
          value={form.eventName}
          error={errorAt('/eventName')}
          onChange={(eventName) => onChange({ eventName })}
        />
        <JsonInput
          label="Properties"
          autosize
          minRows={2}
          maxRows={12}
          value={form.properties}
          error={problemOf(form.properties) ?? errorAt('/properties')}
          onChange={(properties) => onChange({ properties })}
        />
      </Stack>
    </Fieldset>
  );
}

function ContactInputs({ form, errorAt, onChange }: SimulationInputsProps) {
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed, 250);
  const found = useQuery({
    queryKey: ['contacts', 'pick', search],
    queryFn: () =>
      read(api.GET('/api/v1/contacts', { params: { query: { limit: 20, ...(search === '' ? {} : { search }) } } })),
    placeholderData: keepPreviousData,
  });
  const known = found.data?.data.map(({ id, email }) => ({ value: id, label: email })) ?? [];
  const { contactId } = form;
  const isListed = contactId === '' || known.some(({ value }) => value === contactId);
  return (
    <Fieldset legend="For whom">
      <Stack gap="sm">
        <Select
          label="Contact"
          placeholder="Somebody made up, as below"
          searchable
          clearable
          data={isListed ? known : [{ value: contactId, label: contactId }, ...known]}
          filter={({ options }) => options}
          nothingFoundMessage="No such contact"
          value={contactId || null}
          onSearchChange={setTyped}
          onChange={(id) => onChange({ contactId: id ?? '' })}
        />
        {contactId === '' ? (
          <JsonInput
            label="Somebody made up"
            autosize
            minRows={3}
            maxRows={12}
            value={form.contact}
            error={problemOf(form.contact) ?? errorAt('/contact')}
            onChange={(contact) => onChange({ contact })}
          />
        ) : null}
      </Stack>
    </Fieldset>
  );
}

function Assumptions({ form, errorAt, onChange }: SimulationInputsProps) {
  const durations = [
    ['emailOpenedAfter', 'Emails are opened after'],
    ['emailClickedAfter', 'Emails are clicked after'],
    ['contactUnsubscribesAfter', 'The contact unsubscribes after'],
  ] as const;
  return (
    <Fieldset legend="What the world does">
      <Stack gap="sm">
        {durations.map(([name, label]) => (
          <TextInput
            key={name}
            label={label}
            placeholder="never"
            description="30s, 10m, 2h or 3d; empty: never"
            value={form[name]}
            error={errorAt(`/assume/${name}`)}
            onChange={({ currentTarget }) => onChange({ [name]: currentTarget.value.trim() })}
          />
        ))}
        <NumberInput
          label="Calls of each webhook that fail first"
          description="Six and more: it is given up"
          min={0}
          max={100}
          value={form.webhookFailures}
          error={errorAt('/assume/webhookFailures')}
          onChange={(value) => onChange({ webhookFailures: Number(value) || 0 })}
        />
      </Stack>
    </Fieldset>
  );
}

function problemOf(text: string): string | undefined {
  const read = readObject(text);
  return 'problem' in read ? read.problem : undefined;
}

function propertiesOf(payload: unknown): unknown {
  return typeof payload === 'object' && payload !== null && 'properties' in payload ? payload.properties : {};
}
