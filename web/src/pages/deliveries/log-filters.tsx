import { Button, Group, MultiSelect, Select, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import { useNavigate } from 'react-router';
import { webhookEventNames } from '../settings/webhook-events';
import type { useFilters } from '../../components/filters';
import { answers, localInputOf, momentOf, ranges, searchedFor, statuses, type FilterName } from './log-query';
import { useEndpointNames } from './endpoint-names';

type Filters = ReturnType<typeof useFilters<FilterName>>;

const times = [
  ...Object.entries(ranges).map(([value, { label }]) => ({ value, label })),
  { value: 'between', label: 'Between …' },
];

/** The filters of the log; they live in the URL. */
export function LogFilters({ filters }: { filters: Filters }) {
  const { options } = useEndpointNames();
  const hasBounds = filters.get('since') !== undefined || filters.get('until') !== undefined;
  const [isBetween, setIsBetween] = useState(false);
  const showsBounds = (isBetween || hasBounds) && filters.get('range') === undefined;
  const chooseTime = (value: string | null): void => {
    setIsBetween(value === 'between');
    filters.set('range', value === 'between' ? null : value);
    if (value !== 'between') {
      filters.set('since', null);
      filters.set('until', null);
    }
  };
  return (
    <Group align="flex-end" gap="sm">
      <IdSearch key={filters.get('eventId') ?? filters.get('contactId') ?? ''} filters={filters} />
      <MultiSelect
        label="Status"
        placeholder={filters.all('status').length === 0 ? 'Any' : ''}
        data={[...statuses]}
        value={filters.all('status').flatMap((text) => text.split(','))}
        onChange={(value) => filters.set('status', value)}
        clearable
        clearButtonProps={{ 'aria-label': 'Any status' }}
        maw={320}
        miw={160}
      />
      <MultiSelect
        label="Event"
        placeholder={filters.all('event').length === 0 ? 'Any' : ''}
        data={webhookEventNames}
        value={filters.all('event').flatMap((text) => text.split(','))}
        onChange={(value) => filters.set('event', value)}
        clearable
        clearButtonProps={{ 'aria-label': 'Any event' }}
        maw={360}
        miw={180}
      />
      <Select
        label="Endpoint"
        placeholder="Any"
        data={options}
        value={filters.get('endpointId') ?? null}
        onChange={(value) => filters.set('endpointId', value)}
        searchable
        clearable
        clearButtonProps={{ 'aria-label': 'Any endpoint' }}
        nothingFoundMessage="No endpoint has that name"
        w={220}
      />
      <Select
        label="Last answer"
        placeholder="Any"
        data={Object.entries(answers).map(([value, label]) => ({ value, label }))}
        value={filters.get('answer') ?? null}
        onChange={(value) => filters.set('answer', value)}
        clearable
        clearButtonProps={{ 'aria-label': 'Any answer' }}
        w={180}
      />
      <Select
        label="Made"
        placeholder="At any time"
        data={times}
        value={showsBounds ? 'between' : (filters.get('range') ?? null)}
        onChange={chooseTime}
        clearable
        clearButtonProps={{ 'aria-label': 'At any time' }}
        w={160}
      />
      {showsBounds ? (
        <>
          <Moment label="From (local time)" name="since" filters={filters} />
          <Moment label="Until (local time)" name="until" filters={filters} />
        </>
      ) : null}
      {filters.isSet ? (
        <Button variant="subtle" onClick={filters.clear}>
          Clear filters
        </Button>
      ) : null}
    </Group>
  );
}

function Moment({ label, name, filters }: { label: string; name: 'since' | 'until'; filters: Filters }) {
  return (
    <TextInput
      type="datetime-local"
      label={label}
      value={localInputOf(filters.get(name))}
      onChange={({ currentTarget }) => filters.set(name, momentOf(currentTarget.value) ?? null)}
    />
  );
}

/** Finds by an id that somebody was given, whichever it is. */
function IdSearch({ filters }: { filters: Filters }) {
  const navigate = useNavigate();
  const [text, setText] = useState(filters.get('eventId') ?? filters.get('contactId') ?? '');
  const [isWrong, setIsWrong] = useState(false);
  const search = (event: FormEvent): void => {
    event.preventDefault();
    const wanted = searchedFor(text);
    setIsWrong(!wanted);
    if (!wanted) return;
    if (wanted.kind === 'delivery') return void navigate(`/deliveries/${wanted.id}`);
    filters.set('eventId', wanted.kind === 'eventId' ? wanted.id : null);
    filters.set('contactId', wanted.kind === 'contactId' ? wanted.id : null);
  };
  return (
    <form onSubmit={search} style={{ flex: '1 1 240px', maxWidth: 340 }}>
      <TextInput
        label="Search"
        type="search"
        placeholder="evt_…, con_… or dlv_…, then Enter"
        leftSection={<IconSearch size={16} />}
        value={text}
        maxLength={60}
        error={isWrong ? 'A webhook-id (evt_…), contact (con_…) or delivery (dlv_…)' : undefined}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
        onBlur={search}
      />
    </form>
  );
}
