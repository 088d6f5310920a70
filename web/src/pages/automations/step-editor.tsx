import { SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { ConditionEditor } from './condition-editor';
import { useFlow } from './flow-context';
import { HeaderRows, TraitRows } from './pair-rows';
import { faultAt, faultsElsewhere, type Fault } from './problems';
import type { Step } from './queries';

interface StepEditorProps {
  step: Step;
  faults: readonly Fault[] | undefined;
  onChange: (step: Step) => void;
}

/** The inputs of a step, by its type; what the server finds wrong stands at its field. */
export function StepEditor({ step, faults, onChange }: StepEditorProps) {
  const { fields, shown } = inputsOf({ step, faults, onChange });
  return (
    <Stack gap="sm">
      {fields}
      {faultsElsewhere(faults, shown).map((text) => (
        <Text key={text} size="sm" c="var(--mantine-color-error)">
          {text}
        </Text>
      ))}
    </Stack>
  );
}

/** The inputs, and the fields whose problems they show themselves. */
function inputsOf({ step, faults, onChange }: StepEditorProps): { fields: ReactNode; shown: string[] } {
  const error = (field: string): string | undefined => faultAt(faults, field);
  switch (step.type) {
    case 'wait':
      return {
        shown: ['/duration'],
        fields: (
          <DurationInput
            label="Wait for"
            value={step.duration}
            error={error('/duration')}
            onChange={(duration) => onChange({ ...step, duration })}
          />
        ),
      };
    case 'sendEmail':
      return { shown: ['/templateId', '/from'], fields: <SendEmailInputs {...{ step, error, onChange }} /> };
    case 'waitForEmail':
      return {
        shown: ['/limit'],
        fields: (
          <>
            <SegmentedControl
              aria-label="What to wait for"
              data={[
                { value: 'opened', label: 'Opened' },
                { value: 'clicked', label: 'Clicked' },
              ]}
              value={step.event}
              onChange={(value) => onChange({ ...step, event: value === 'clicked' ? 'clicked' : 'opened' })}
            />
            <DurationInput
              label="At most"
              value={step.limit}
              error={error('/limit')}
              onChange={(limit) => onChange({ ...step, limit })}
            />
          </>
        ),
      };
    case 'condition':
      return {
        shown: ['/if'],
        fields: (
          <ConditionEditor
            label="If"
            value={step.if}
            error={error('/if')}
            onChange={(condition) => onChange({ ...step, if: condition })}
          />
        ),
      };
    case 'addToList':
    case 'removeFromList':
      return {
        shown: ['/listId'],
        fields: (
          <ListInput
            value={step.listId}
            error={error('/listId')}
            onChange={(listId) => onChange({ ...step, listId })}
          />
        ),
      };
    case 'updateContact':
      return {
        shown: ['/traits'],
        fields: (
          <TraitRows
            traits={step.traits}
            error={error('/traits')}
            onChange={(traits) => onChange({ ...step, traits })}
          />
        ),
      };
    case 'webhook':
      return { shown: ['/url', '/headers'], fields: <WebhookInputs {...{ step, error, onChange }} /> };
    case 'end':
      return { shown: [], fields: <Text size="sm">The run ends here, also where steps stand after its branch.</Text> };
  }
}

type InputsOf<Type extends Step['type']> = {
  step: Extract<Step, { type: Type }>;
  error: (field: string) => string | undefined;
  onChange: (step: Step) => void;
};

function SendEmailInputs({ step, error, onChange }: InputsOf<'sendEmail'>) {
  const { templates } = useFlow().names;
  return (
    <>
      <Select
        label="Template"
        placeholder="Choose a template"
        nothingFoundMessage="No template of this name: make one under Templates"
        searchable
        data={optionsOf(templates, step.templateId)}
        value={step.templateId || null}
        error={error('/templateId')}
        onChange={(templateId) => onChange({ ...step, templateId: templateId ?? '' })}
      />
      <TextInput
        label="From"
        description="Leave it empty for the sender of the installation"
        placeholder="News <news@acme.com>"
        value={step.from ?? ''}
        error={error('/from')}
        onChange={({ currentTarget: { value } }) => {
          const { from: _from, ...rest } = step;
          onChange(value === '' ? rest : { ...rest, from: value });
        }}
      />
    </>
  );
}

function WebhookInputs({ step, error, onChange }: InputsOf<'webhook'>) {
  return (
    <>
      <TextInput
        label="URL"
        type="url"
        placeholder="https://hooks.acme.com/esx"
        description="Gets a POST with the contact and the event. Whatever is not a 2xx is tried again, six times in all."
        value={step.url}
        error={error('/url')}
        onChange={({ currentTarget: { value } }) => onChange({ ...step, url: value })}
      />
      <HeaderRows
        headers={step.headers ?? {}}
        error={error('/headers')}
        onChange={(headers) => {
          const { headers: _headers, ...rest } = step;
          onChange(Object.keys(headers).length > 0 ? { ...rest, headers } : rest);
        }}
      />
    </>
  );
}

function ListInput({
  value,
  error,
  onChange,
}: {
  value: string;
  error: string | undefined;
  onChange: (id: string) => void;
}) {
  const { lists } = useFlow().names;
  return (
    <Select
      label="List"
      placeholder="Choose a list"
      nothingFoundMessage="No list of this name: make one under Lists"
      searchable
      data={optionsOf(lists, value)}
      value={value || null}
      error={error}
      onChange={(id) => onChange(id ?? '')}
    />
  );
}

/** What is chosen stays choosable, also where it is gone or beyond the first page. */
function optionsOf(known: { id: string; name: string }[], chosen: string): { value: string; label: string }[] {
  const options = known.map(({ id, name }) => ({ value: id, label: name }));
  const isKnown = chosen === '' || known.some(({ id }) => id === chosen);
  return isKnown ? options : [...options, { value: chosen, label: chosen }];
}

interface DurationInputProps {
  label: string;
  value: string;
  error?: string | undefined;
  onChange: (text: string) => void;
}

export function DurationInput({ label, value, error, onChange }: DurationInputProps) {
  return (
    <TextInput
      label={label}
      description="30s, 10m, 2h or 3d"
      value={value}
      error={error}
      maw={220}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  );
}
