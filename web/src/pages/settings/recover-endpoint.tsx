import { Anchor, Group, Progress, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { api, read, serverNowMs } from '../../api/client';
import { GuardedButton } from '../../components/guarded-button';
import { ErrorNote } from '../../components/states';
import { Time } from '../../components/time';
import { useRefreshEndpoints, type Endpoint } from './queries';
import { isRecoverRange, recoverRanges, sinceOf, type RecoverRange } from './recover-range';

const choices = [
  ...Object.entries(recoverRanges).map(([value, { label }]) => ({ value, label })),
  { value: 'since', label: 'Since …' },
];

/** Sends again what has failed: first the count, then the progress. */
export function RecoverEndpoint({ endpoint }: { endpoint: Endpoint }) {
  const { id, status } = endpoint;
  const refresh = useRefreshEndpoints();
  const [range, setRange] = useState<RecoverRange>('day');
  const [typed, setTyped] = useState('');
  const [since, setSince] = useState(() => sinceOf('day', '', serverNowMs()));
  const choose = (nextRange: RecoverRange, nextTyped: string): void => {
    setRange(nextRange);
    setTyped(nextTyped);
    setSince(sinceOf(nextRange, nextTyped, serverNowMs()));
    start.reset();
  };
  const recover = (body: { since: string; until?: string; dryRun: boolean }) =>
    read(api.POST('/api/v1/webhooks/{id}/recover', { params: { path: { id } }, body }));
  const count = useQuery({
    queryKey: ['webhook-recover', id, since],
    queryFn: () => recover({ since: since ?? '', dryRun: true }),
    enabled: since !== undefined,
  });
  const start = useMutation({
    mutationFn: (found: { since: string; until: string }) => recover({ ...found, dryRun: false }),
    onSuccess: refresh,
  });
  const failed = count.data?.failed;
  return (
    <Stack maw={640}>
      <Text size="sm">
        Queues every delivery to this endpoint that has failed for good, each with a fresh round of the retry schedule,
        a hundred a second at most. What is waiting for a retry needs nothing.
      </Text>
      <Group align="flex-end">
        <SegmentedControl
          aria-label="Made since"
          data={choices}
          value={range}
          onChange={(value) => {
            if (isRecoverRange(value)) choose(value, typed);
          }}
        />
        {range === 'since' ? (
          <TextInput
            type="datetime-local"
            label="Made since (local time)"
            value={typed}
            error={typed !== '' && since === undefined ? 'Choose a moment in the past' : undefined}
            onChange={(event) => choose('since', event.currentTarget.value)}
          />
        ) : null}
      </Group>
      {count.error ? <ErrorNote error={count.error} onRetry={() => void count.refetch()} /> : null}
      <Text size="sm" aria-live="polite" mih={24}>
        {since === undefined ? 'Say since when.' : <Found failed={failed} since={since} />}
      </Text>
      {start.data ? (
        <RecoveryProgress id={id} since={start.data.since} failed={start.data.failed} />
      ) : (
        <Group>
          <GuardedButton
            loading={start.isPending}
            reason={reasonNotTo(status, failed)}
            onClick={() => {
              if (count.data) start.mutate({ since: count.data.since, until: count.data.until });
            }}
          >
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

function reasonNotTo(status: Endpoint['status'], failed: number | undefined): string | undefined {
  if (failed === undefined) return 'They are not counted yet.';
  if (failed === 0) return 'Nothing has failed in this time.';
  return status === 'active' ? undefined : `The endpoint is ${status}: resume it first.`;
}

function RecoveryProgress({ id, since, failed }: { id: string; since: string; failed: number }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['webhook-recovery', id, since],
    queryFn: () => read(api.GET('/api/v1/webhooks/{id}/recover', { params: { path: { id }, query: { since } } })),
    refetchInterval: ({ state }) => (state.data?.isDone ? false : 500),
  });
  if (error) return <ErrorNote error={error} onRetry={() => void refetch()} />;
  const signalled = data?.signalled ?? 0;
  const share = data?.isDone ? 100 : (100 * signalled) / Math.max(1, failed);
  return (
    <Stack gap="xs" aria-live="polite">
      <Progress value={share} aria-label="Progress of the recovery" />
      <Text size="sm">
        {signalled.toLocaleString()} of {failed.toLocaleString()} queued{data?.isDone ? '; the recovery is over.' : '…'}{' '}
        <Anchor component={Link} to={`/deliveries?endpointId=${id}&since=${encodeURIComponent(since)}`} inherit>
          Watch them in the log
        </Anchor>
      </Text>
    </Stack>
  );
}
