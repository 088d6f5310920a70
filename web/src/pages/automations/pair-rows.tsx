import { ActionIcon, Button, Group, Input, Stack, TextInput } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { scalarOf, textOfScalar } from './condition-tree';

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };
type Traits = Record<string, Json>;

interface Row {
  key: number;
  name: string;
  value: string;
}
interface PairRowsProps {
  label: string;
  description: string;
  /** "trait": for the labels of the inputs. */
  noun: string;
  first: { name: string; value: string }[];
  error: string | undefined;
  onChange: (rows: { name: string; value: string }[]) => void;
}

let keys = 0;

/** Names with values. While somebody types, two rows may have one name: so the rows are kept here. */
function PairRows({ label, description, noun, first, error, onChange }: PairRowsProps) {
  const [rows, setRows] = useState<Row[]>(() => first.map((row) => ({ ...row, key: ++keys })));
  const update = (next: Row[]): void => {
    setRows(next);
    onChange(next.filter(({ name }) => name !== ''));
  };
  const change = (key: number, changed: Partial<Row>): void =>
    update(rows.map((row) => (row.key === key ? { ...row, ...changed } : row)));
  return (
    <Input.Wrapper
      label={label}
      labelElement="div"
      description={description}
      error={error}
      role="group"
      aria-label={label}
    >
      <Stack gap="xs" mt="xs">
        {rows.map(({ key, name, value }, index) => (
          <Group key={key} gap="xs" wrap="nowrap">
            <TextInput
              aria-label={`Name of ${noun} ${index + 1}`}
              placeholder="name"
              value={name}
              flex={1}
              onChange={({ currentTarget }) => change(key, { name: currentTarget.value })}
            />
            <TextInput
              aria-label={`Value of ${noun} ${index + 1}`}
              placeholder="value"
              value={value}
              flex={1}
              onChange={({ currentTarget }) => change(key, { value: currentTarget.value })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Delete ${noun} ${index + 1}`}
              onClick={() => update(rows.filter((row) => row.key !== key))}
            >
              <IconTrash size={16} />
            </ActionIcon>
          </Group>
        ))}
        <Button
          variant="light"
          size="compact-sm"
          w="fit-content"
          onClick={() => setRows([...rows, { key: ++keys, name: '', value: '' }])}
        >
          Add a {noun}
        </Button>
      </Stack>
    </Input.Wrapper>
  );
}

interface TraitRowsProps {
  traits: Traits;
  error: string | undefined;
  onChange: (traits: Traits) => void;
}

export function TraitRows({ traits, error, onChange }: TraitRowsProps) {
  return (
    <PairRows
      label="Traits"
      description="firstName and lastName are the contact's own; null removes a trait; true and 12 are not text"
      noun="trait"
      first={Object.entries(traits).map(([name, value]) => ({ name, value: textOf(value) }))}
      error={error}
      onChange={(rows) => onChange(Object.fromEntries(rows.map(({ name, value }) => [name, valueOf(value)])))}
    />
  );
}

interface HeaderRowsProps {
  headers: Record<string, string>;
  error: string | undefined;
  onChange: (headers: Record<string, string>) => void;
}

export function HeaderRows({ headers, error, onChange }: HeaderRowsProps) {
  return (
    <PairRows
      label="Headers"
      description="Sent along with each call"
      noun="header"
      first={Object.entries(headers).map(([name, value]) => ({ name, value }))}
      error={error}
      onChange={(rows) => onChange(Object.fromEntries(rows.map(({ name, value }) => [name, value])))}
    />
  );
}

function textOf(value: Json): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : textOfScalar(value);
}

/** Lists and objects are written as JSON. */
function valueOf(text: string): Json {
  if (!/^\s*[[{]/.test(text)) return scalarOf(text);
  try {
    const value: unknown = JSON.parse(text);
    return isJson(value) ? value : text;
  } catch {
    return text;
  }
}

/** What was parsed as JSON is JSON. */
function isJson(value: unknown): value is Json {
  return value !== undefined;
}
