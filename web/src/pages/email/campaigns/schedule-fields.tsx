import { Radio, Stack, TextInput } from '@mantine/core';
import { mistakeAt } from '../parts/mistakes';
import type { Draft } from './draft';

/** When a campaign begins. */
export function ScheduleFields({
  when,
  at,
  onChange,
  error,
}: Pick<Draft, 'when' | 'at'> & { onChange: (change: Partial<Draft>) => void; error: unknown }) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <Stack gap="xs">
      <Radio.Group
        label="When"
        value={when}
        onChange={(value) => onChange({ when: value === 'later' ? 'later' : 'now' })}
      >
        <Stack gap={6} mt={4}>
          <Radio value="now" label="As soon as I send it" />
          <Radio value="later" label="At a time" />
        </Stack>
      </Radio.Group>
      {when === 'later' ? (
        <TextInput
          type="datetime-local"
          label="Begins at"
          description={`In your time zone, ${zone}. A time that is past means at once.`}
          value={at}
          error={mistakeAt(error, 'scheduledAt')?.detail}
          onChange={({ currentTarget }) => onChange({ at: currentTarget.value })}
          maw={280}
        />
      ) : null}
    </Stack>
  );
}
