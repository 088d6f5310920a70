import { Autocomplete, Button, Checkbox, Group, Paper, Stack, TextInput } from '@mantine/core';
import type { Draft } from './draft';
import { ConditionEditor } from './condition-editor';
import { faultAt, type Fault } from './problems';
import { useEventNames, type Condition, type Exit } from './queries';

interface TriggerCardProps {
  draft: Draft;
  faults: ReadonlyMap<string, Fault[]>;
  isTried: boolean;
  onChange: (change: Partial<Omit<Draft, 'nodes'>>) => void;
}

const firstFilter: Condition = { field: 'properties.', op: 'equals', value: '' };
const exitNames: { value: Exit; label: string }[] = [
  { value: 'unsubscribed', label: 'unsubscribes or complains' },
  { value: 'bounced', label: 'bounces' },
];

/** What the automation is called, what starts it for whom, and what ends it early. */
export function TriggerCard({ draft, faults, isTried, onChange }: TriggerCardProps) {
  const { data: names } = useEventNames();
  const { name, eventName, filter, exitOn } = draft;
  const error = (place: string, field: string, value: string): string | undefined =>
    isTried || value !== '' ? faultAt(faults.get(place), field) : undefined;
  return (
    <Paper withBorder p="md" radius="md">
      <Stack gap="sm">
        <Group align="flex-start" grow preventGrowOverflow={false} wrap="wrap">
          <TextInput
            label="Name"
            placeholder="Welcome"
            value={name}
            error={error('name', '', name)}
            miw={200}
            onChange={({ currentTarget: { value } }) => onChange({ name: value })}
          />
          <Autocomplete
            label="Starts with the event"
            description="Case, spaces, hyphens and underscores do not count"
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            placeholder="Purchase Completed"
            data={names?.data.map((known) => known.name) ?? []}
            limit={20}
            value={eventName}
            error={error('trigger', '/eventName', eventName)}
            miw={200}
            onChange={(value) => onChange({ eventName: value })}
          />
        </Group>
        {filter ? (
          <>
            <ConditionEditor
              label="Only if"
              value={filter}
              error={faultAt(faults.get('trigger'), '/filter')}
              onChange={(changed) => onChange({ filter: changed })}
            />
            <Button size="compact-sm" variant="subtle" w="fit-content" onClick={() => onChange({ filter: undefined })}>
              Take the filter away
            </Button>
          </>
        ) : (
          <Button size="compact-sm" variant="light" w="fit-content" onClick={() => onChange({ filter: firstFilter })}>
            Only for some: add a filter
          </Button>
        )}
        <Checkbox.Group
          label="Ends early for a contact who"
          value={exitOn}
          onChange={(chosen) =>
            onChange({ exitOn: exitNames.map(({ value }) => value).filter((exit) => chosen.includes(exit)) })
          }
        >
          <Group mt={4}>
            {exitNames.map(({ value, label }) => (
              <Checkbox key={value} value={value} label={label} />
            ))}
          </Group>
        </Checkbox.Group>
      </Stack>
    </Paper>
  );
}
