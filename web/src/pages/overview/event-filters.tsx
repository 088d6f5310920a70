import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { useFilters } from '../../components/filters';

export const eventFilters = [
  'type',
  'status',
  'source',
  'event',
  'userId',
  'contactId',
  'messageId',
  'since',
  'until',
] as const;
type Name = (typeof eventFilters)[number];
type Filters = ReturnType<typeof useFilters<Name>>;

const types = ['identify', 'track'] as const;
const statuses = [
  'received',
  'waiting',
  'created',
  'updated',
  'unchanged',
  'recorded',
  'unresolved',
  'failed',
] as const;
const sources = ['segment', 'rudderstack', 'sdk'] as const;

/** What the API is asked; what is written into the URL by hand and is none of the choices is left out. */
export function queryOf(get: Filters['get']) {
  const type = types.find((each) => each === get('type'));
  const status = statuses.find((each) => each === get('status'));
  const source = sources.find((each) => each === get('source'));
  const texts = (['event', 'userId', 'contactId', 'messageId', 'since', 'until'] as const).flatMap((name) => {
    const value = get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...(type === undefined ? {} : { type }),
    ...(status === undefined ? {} : { status }),
    ...(source === undefined ? {} : { source }),
    ...Object.fromEntries(texts),
  };
}

export function EventFilters({ filters }: { filters: Filters }) {
  const choice = (name: 'type' | 'status' | 'source', label: string, values: readonly string[]) => (
    <NativeSelect
      label={label}
      size="xs"
      value={filters.get(name) ?? ''}
      onChange={(event) => filters.set(name, event.currentTarget.value)}
      data={[{ value: '', label: 'Any' }, ...values.map((value) => ({ value, label: value }))]}
    />
  );
  return (
    <Group gap="xs" align="flex-end" role="search" aria-label="Filters">
      <TextFilter filters={filters} name="event" label="Event name" />
      <TextFilter filters={filters} name="userId" label="User id" />
      <TextFilter filters={filters} name="messageId" label="messageId" />
      {filters.get('contactId') === undefined ? null : (
        <TextFilter filters={filters} name="contactId" label="Contact id" />
      )}
      {choice('type', 'Type', types)}
      {choice('status', 'Status', statuses)}
      {choice('source', 'Source', sources)}
      <TimeFilter filters={filters} name="since" label="Since" />
      <TimeFilter filters={filters} name="until" label="Until" />
      {filters.isSet ? (
        <Button size="xs" variant="default" onClick={filters.clear}>
          Clear filters
        </Button>
      ) : null}
    </Group>
  );
}

/** Takes effect at Enter or when it is left: each letter would be a question to the server. */
function TextFilter({ filters, name, label }: { filters: Filters; name: Name; label: string }) {
  const value = filters.get(name) ?? '';
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const take = (): void => {
    if (text.trim() !== value) filters.set(name, text.trim());
  };
  return (
    <TextInput
      {...{ label, size: 'xs', value: text, w: 150 }}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take();
      }}
    />
  );
}

function TimeFilter({ filters, name, label }: { filters: Filters; name: 'since' | 'until'; label: string }) {
  return (
    <TextInput
      {...{ label, size: 'xs', type: 'datetime-local', value: toLocal(filters.get(name)) }}
      onChange={(event) => {
        const atMs = Date.parse(event.currentTarget.value);
        filters.set(name, Number.isNaN(atMs) ? null : new Date(atMs).toISOString());
      }}
    />
  );
}

/** As the field of a browser takes it: local time, to the minute. */
function toLocal(at: string | undefined): string {
  const atMs = Date.parse(at ?? '');
  if (Number.isNaN(atMs)) return '';
  return new Date(atMs - new Date(atMs).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
