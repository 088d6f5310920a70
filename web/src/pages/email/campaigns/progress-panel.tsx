import { Group, Paper, Progress, Stack, Text } from '@mantine/core';
import { Status } from '../../../components/status';
import { clock, Time } from '../../../components/time';
import { count, shareDone, workedOff } from './figures';
import type { Results } from './types';

/** How far it is, how fast, for how long already and for how long yet. */
export function ProgressPanel({ results: { status, progress, pace, startedAt, sentAt } }: { results: Results }) {
  const done = workedOff(progress);
  const share = progress.audience === 0 && status === 'sent' ? 100 : shareDone(progress);
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Group justify="space-between">
          <Group gap="sm">
            <Status value={status} />
            <Text className="numbers" data-progress>
              {count(done)} of {count(progress.audience)} worked off
            </Text>
          </Group>
          <Group gap="lg" className="numbers">
            {status === 'sending' ? (
              <>
                <Figure label="Now" value={`${count(pace.ratePerMinute ?? 0)} a minute`} />
                <Figure label="Elapsed" value={pace.elapsedMs === null ? '–' : clock(pace.elapsedMs)} />
                <Figure label="Left" value={pace.etaMs === null ? 'waits for servers' : `about ${clock(pace.etaMs)}`} />
              </>
            ) : (
              <>
                {startedAt === null ? null : <Figure label="Began" value={<Time at={startedAt} />} />}
                {sentAt === null ? null : <Figure label="Ended" value={<Time at={sentAt} />} />}
                {pace.elapsedMs === null ? null : <Figure label="Took" value={clock(pace.elapsedMs)} />}
              </>
            )}
          </Group>
        </Group>
        <Progress
          value={share}
          size="lg"
          animated={status === 'sending'}
          color={status === 'sending' ? 'indigo' : status === 'sent' ? 'teal' : 'gray'}
          aria-label="Share of the audience that was worked off"
        />
        {progress.retrying > 0 ? (
          <Text size="sm" c="dimmed">
            {count(progress.retrying)} were put off by their servers, and are tried again at the end.
          </Text>
        ) : null}
      </Stack>
    </Paper>
  );
}

function Figure({ label, value }: { label: string; value: React.ReactNode }) {
  return (
    <Stack gap={0}>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text size="sm">{value}</Text>
    </Stack>
  );
}
