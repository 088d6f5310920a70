import { Anchor, Group, Progress, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueries, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { api, read, serverNowMs } from '../api/client';
import { GuardedButton } from './guarded-button';
import { isRecoverRange, recoverRanges, sinceOf, type RecoverRange } from './recover-range';
import { ErrorNote } from './states';
import { Time } from './time';

const choices = [
  ...Object.entries(recoverRanges).map(([value, { label }]) => ({ value, label })),
  { value: 'since', label: 'Since …' },
];

const recover = (id: string, body: { since: string; until?: string; dryRun: boolean }) =>
  read(api.POST('/api/v1/webhooks/{id}/recover', { params: { path: { id } }, body }));
type Begun = { id: string; since: string; failed: number };

/** Sends again what has failed at these endpoints since a moment: the count first, then the progress. */
export function Recover({ endpoints }: { endpoints: { id: string; status: string }[] }) {
  const queries = useQueryClient();
  const [range, setRange] = useState<RecoverRange>('day');
  const [typed, setTyped] = useState('');
  const [since, setSince] = useState(() => sinceOf('day', '', serverNowMs()));
  const active = endpoints.filter(({ status }) => status === 'active');
  const passedOver = endpoints.length - active.length;
  const counts = useQueries({
    queries: active.map(({ id }) => ({
      queryKey: ['webhook-recover', id, since],
      queryFn: () => recover(id, { since: since ?? '', dryRun: true }),
      enabled: since !== undefined,
    })),
  });
  const start = useMutation({
    mutationFn: (dueNow: { id: string; since: string; until: string }[]) =>
      Promise.all(
        dueNow.map(async ({ id, ...between }): Promise<Begun> => {
          return { ...(await recover(id, { ...between, dryRun: false })), id };
        }),
      ),
    onSuccess: () =>
      Promise.all(
        [['deliveries'], ['webhooks'], ['webhook-health']].map((queryKey) => queries.invalidateQueries({ queryKey })),
      ),
  });
  const choose = (change: { range?: RecoverRange; typed?: string }): void => {
    const next = { range, typed, ...change };
    setRange(next.range);
    setTyped(next.typed);
    setSince(sinceOf(next.range, next.typed, serverNowMs()));
    start.reset();
  };
  const isCounted = since !== undefined && counts.every(({ data }) => data !== undefined);
  const failed = isCounted ? counts.reduce((sum, { data }) => sum + (data?.failed ?? 0), 0) : undefined;
  const error = counts.find((count) => count.error)?.error;
  const begin = (): void =>
    start.mutate(
      counts.flatMap(({ data }, index) => {
        const id = active[index]?.id;
        return data && id !== undefined && data.failed > 0 ? [{ id, since: data.since, until: data.until }] : [];
      }),
    );
  return (
    <Stack>
      <Text size="sm">
        Queues every delivery that has failed for good, each with a fresh round of the retry schedule, a hundred a
        second at most. What is waiting for a retry needs nothing.
      </Text>
      <Group align="flex-end">
        <SegmentedControl
          aria-label="Made since"
          data={choices}
          value={range}
          onChange={(value) => {
            if (isRecoverRange(value)) choose({ range: value });
          }}
        />
        {range === 'since' ? (
          <TextInput
            type="datetime-local"
            label="Made since (local time)"
            value={typed}
            error={typed !== '' && since === undefined ? 'Choose a moment in the past' : undefined}
            onChange={({ currentTarget }) => choose({ typed: currentTarget.value })}
          />
        ) : null}
      </Group>
      {error ? <ErrorNote error={error} /> : null}
      <Text size="sm" aria-live="polite" mih={24}>
        {since === undefined ? 'Say since when.' : <Found failed={failed} since={since} />}
        {passedOver > 0
          ? ` ${passedOver} paused or disabled ${passedOver === 1 ? 'endpoint is' : 'endpoints are'} passed over.`
          : ''}
      </Text>
      {start.data ? (
        <RecoveryProgress begun={start.data} />
      ) : (
        <Group justify="flex-end">
          <GuardedButton loading={start.isPending} reason={reasonNotTo(failed, active.length)} onClick={begin}>
            {failed ? `Send ${failed.toLocaleString()} again` : 'Send again'}
          </GuardedButton>
        </Group>
      )}
    </Stack>
  );
}

function Found({ failed, since }: { failed: number | undefined; since: string }) {
  if (failed === undefined) return 'Counting…';
  return (
    <>
      {failed === 1 ? 'One delivery has' : `${failed.toLocaleString()} deliveries have`} failed since{' '}
      <Time at={since} />.
    </>
  );
}

function reasonNotTo(failed: number | undefined, active: number): string | undefined {
  if (active === 0) return 'There is no active endpoint among these: resume one first.';
  if (failed === undefined) return 'They are not counted yet.';
  return failed === 0 ? 'Nothing has failed in this time.' : undefined;
}

/** A recovery that has only been asked for is not known yet. */
const askAgain = { retry: 10, retryDelay: 500 };

function RecoveryProgress({ begun }: { begun: Begun[] }) {
  const progress = useQueries({
    queries: begun.map(({ id, since }) => ({
      queryKey: ['webhook-recovery', id, since],
      queryFn: () => read(api.GET('/api/v1/webhooks/{id}/recover', { params: { path: { id }, query: { since } } })),
      ...askAgain,
      refetchInterval: ({ state }: { state: { data: { isDone: boolean } | undefined } }) =>
        state.data?.isDone ? false : 700,
    })),
  });
  const failed = begun.reduce((sum, each) => sum + each.failed, 0);
  const signalled = progress.reduce((sum, { data }) => sum + (data?.signalled ?? 0), 0);
  const isDone = progress.every(({ data }) => data?.isDone === true);
  const error = progress.find((each) => each.error)?.error;
  return (
    <Stack gap="xs" aria-live="polite">
      {error ? <ErrorNote error={error} /> : null}
      <Progress value={isDone ? 100 : (100 * signalled) / Math.max(1, failed)} aria-label="Progress of the recovery" />
      <Text size="sm">
        {signalled.toLocaleString()} of {failed.toLocaleString()} queued{isDone ? '; the recovery is over.' : '…'}{' '}
        <Anchor component={Link} to={logOf(begun)} inherit>
          Watch them in the log
        </Anchor>
      </Text>
    </Stack>
  );
}

/** Where what was queued is seen: at its one endpoint, or at all. */
function logOf(begun: Begun[]): string {
  const since = `since=${encodeURIComponent(begun[0]?.since ?? '')}`;
  return begun.length === 1 ? `/deliveries?endpointId=${begun[0]?.id ?? ''}&${since}` : `/deliveries?${since}`;
}
