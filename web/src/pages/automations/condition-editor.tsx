import {
  ActionIcon,
  Autocomplete,
  Box,
  Button,
  Group,
  Input,
  NumberInput,
  Select,
  Stack,
  TagsInput,
  TextInput,
} from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import {
  conditionOf,
  groupOf,
  isGroup,
  scalarOf,
  textOfScalar,
  withOperator,
  type Comparison,
  type Group as ConditionGroup,
  type Operator,
  type Scalar,
} from './condition-tree';
import type { Condition } from './queries';
import { operators } from './words';

const fields = [
  'contact.email',
  'contact.firstName',
  'contact.lastName',
  'contact.status',
  'contact.listIds',
  'contact.metadata.',
  'properties.',
];
const isOperator = (text: string | null): text is Operator => text !== null && text in operators;
const operatorOptions = Object.entries(operators).map(([value, label]) => ({ value, label }));

interface ConditionEditorProps {
  label: string;
  value: Condition;
  error: string | undefined;
  onChange: (condition: Condition) => void;
}

/** A condition as rows, joined by "all", "any" or "none"; groups nest. */
export function ConditionEditor({ label, value, error, onChange }: ConditionEditorProps) {
  return (
    <Input.Wrapper label={label} labelElement="div" error={error} role="group" aria-label={label}>
      <GroupEditor group={groupOf(value)} path="" onChange={(group) => onChange(conditionOf(group))} />
    </Input.Wrapper>
  );
}

interface GroupEditorProps {
  group: ConditionGroup;
  /** "2." of the numbers that its rows have. */
  path: string;
  onChange: (group: ConditionGroup) => void;
}

function GroupEditor({ group, path, onChange }: GroupEditorProps) {
  const { join, parts } = group;
  const replace = (index: number, part: Comparison | ConditionGroup): void =>
    onChange({ join, parts: parts.map((each, at) => (at === index ? part : each)) });
  const add = (part: Comparison | ConditionGroup): void => onChange({ join, parts: [...parts, part] });
  const blank: Comparison = { field: 'properties.', op: 'equals', value: '' };
  return (
    <Stack gap="xs" mt="xs">
      {parts.length > 1 || join !== 'all' || path !== '' ? (
        <Select
          aria-label={path === '' ? 'How the rows are joined' : `How the rows of group ${path.slice(0, -1)} are joined`}
          allowDeselect={false}
          maw={220}
          size="xs"
          data={[
            { value: 'all', label: 'All of these hold' },
            { value: 'any', label: 'Any of these holds' },
            { value: 'none', label: 'None of these holds' },
          ]}
          value={join}
          onChange={(value) => onChange({ parts, join: value === 'any' || value === 'none' ? value : 'all' })}
        />
      ) : null}
      {parts.map((part, index) => (
        <Group key={index} gap="xs" wrap="nowrap" align="flex-start">
          <Box
            flex={1}
            miw={0}
            {...(isGroup(part) ? { pl: 'sm', style: { borderLeft: '2px solid var(--mantine-color-gray-5)' } } : {})}
          >
            {isGroup(part) ? (
              <GroupEditor group={part} path={`${path}${index + 1}.`} onChange={(inner) => replace(index, inner)} />
            ) : (
              <Row row={part} name={`${path}${index + 1}`} onChange={(row) => replace(index, row)} />
            )}
          </Box>
          <ActionIcon
            variant="subtle"
            color="gray"
            mt={4}
            aria-label={`Delete row ${path}${index + 1}`}
            disabled={parts.length === 1}
            onClick={() => onChange({ join, parts: parts.filter((_part, at) => at !== index) })}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Group>
      ))}
      <Group gap="xs">
        <Button size="compact-xs" variant="light" onClick={() => add(blank)}>
          Add a row
        </Button>
        <Button size="compact-xs" variant="subtle" onClick={() => add({ join: 'any', parts: [blank] })}>
          Add a group
        </Button>
      </Group>
    </Stack>
  );
}

/** Fields, operator and value of one comparison. */
function Row({ row, name, onChange }: { row: Comparison; name: string; onChange: (row: Comparison) => void }) {
  return (
    <Group gap="xs" align="flex-start">
      <Autocomplete
        aria-label={`Field of row ${name}`}
        data={fields}
        value={row.field}
        flex="2 1 150px"
        onChange={(field) => onChange({ ...row, field })}
      />
      <Select
        aria-label={`Comparison of row ${name}`}
        allowDeselect={false}
        data={operatorOptions}
        value={row.op}
        flex="1 1 120px"
        onChange={(op) => {
          if (isOperator(op)) onChange(withOperator(row, op));
        }}
      />
      <Box flex="1 1 120px" miw={0}>
        <Value row={row} label={`Value of row ${name}`} onChange={onChange} />
      </Box>
    </Group>
  );
}

function Value({ row, label, onChange }: { row: Comparison; label: string; onChange: (row: Comparison) => void }) {
  switch (row.op) {
    case 'exists':
    case 'notExists':
      return null;
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return (
        <NumberInput
          aria-label={label}
          value={row.value}
          onChange={(value) => onChange({ ...row, value: typeof value === 'number' ? value : Number(value) || 0 })}
        />
      );
    case 'in':
      return (
        <TagsInput
          aria-label={label}
          placeholder={row.value.length === 0 ? 'value, Enter' : ''}
          value={row.value.map(textOfScalar)}
          onChange={(texts) => onChange({ ...row, value: texts.map(scalarOf) })}
        />
      );
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return (
        <TextInput
          aria-label={label}
          value={row.value}
          onChange={({ currentTarget }) => onChange({ ...row, value: currentTarget.value })}
        />
      );
    case 'equals':
    case 'notEquals':
      return <ScalarInput label={label} value={row.value} onChange={(value) => onChange({ ...row, value })} />;
  }
}

interface ScalarInputProps {
  label: string;
  value: Scalar;
  onChange: (value: Scalar) => void;
}

/** Keeps what was typed for as long as it means the value: `1.` must not become `1` on the way to `1.5`. */
function ScalarInput({ label, value, onChange }: ScalarInputProps) {
  const [typed, setTyped] = useState('');
  return (
    <TextInput
      aria-label={label}
      value={scalarOf(typed) === value ? typed : textOfScalar(value)}
      onChange={({ currentTarget }) => {
        setTyped(currentTarget.value);
        onChange(scalarOf(currentTarget.value));
      }}
    />
  );
}
