import { Box, Card, Group, Text, Title } from '@mantine/core';
import { serverNowMs } from '../../api/client';
import { Countdown, duration, useNowMs } from '../../components/time';
import { drift, exactTime, roughTime, wait } from './exact-time';
import type { Attempt, Timeline as TimelineData } from './queries';
import { SlotRow } from './slot-row';
import classes from './timeline.module.css';

type Slot = TimelineData['slots'][number];

const words: Record<Slot['state'], string> = {
  done: 'delivered',
  failed: 'failed',
  next: 'next',
  future: 'to come',
  skipped: 'not made',
};

interface TimelineProps {
  timeline: TimelineData;
  attempts: Attempt[];
  status: string;
}

/** The slots of the current round, drawn: what was made and how late, what comes next, and the rest of the schedule. */
export function Timeline({ timeline, attempts, status }: TimelineProps) {
  const { round, slots, others } = timeline;
  return (
    <Card withBorder p="md" component="section" aria-labelledby="timeline">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4" id="timeline">
          {round > 1 ? `Timeline of round ${round}` : 'Timeline'}
        </Title>
        <Text size="sm" c="dimmed">
          {slots.length} attempts at most
        </Text>
      </Group>
      <Box className={classes.drawing} aria-hidden>
        <Drawing slots={slots} attempts={attempts} />
      </Box>
      <ol className={classes.slots} aria-label="Slots of the timeline">
        {slots.map((slot) => (
          <li key={slot.place} data-state={slot.state} className={classes.slot}>
            <SlotWords slot={slot} attempt={attemptOf(slot, attempts)} status={status} />
          </li>
        ))}
      </ol>
      {others.length === 0 ? null : (
        <Text size="sm" c="dimmed" mt="sm">
          {others.map(({ round: earlier, numbers, isDelivered }) => (
            <span key={earlier}>
              Round {earlier}: {numbers.length === 1 ? 'attempt' : 'attempts'} {rangeOf(numbers)},{' '}
              {isDelivered ? 'delivered' : 'none delivered'}.{' '}
            </span>
          ))}
        </Text>
      )}
    </Card>
  );
}

function attemptOf({ attemptNumber }: Slot, attempts: Attempt[]): Attempt | undefined {
  return attempts.find(({ number }) => number === attemptNumber);
}

function rangeOf(numbers: number[]): string {
  return numbers.length > 2 ? `${numbers[0]} to ${numbers.at(-1)}` : numbers.join(' and ');
}

/** The ring of the next slot fills as its time comes near. */
function Drawing({ slots, attempts }: { slots: Slot[]; attempts: Attempt[] }) {
  const nowMs = useNowMs(500);
  const next = slots.find(({ state }) => state === 'next');
  const before = slots.find(({ place }) => place === (next?.place ?? 0) - 1);
  const last = before ? attemptOf(before, attempts) : undefined;
  const dueMs = next?.plannedAt == null ? undefined : Date.parse(next.plannedAt);
  const fromMs = last ? Date.parse(last.at) + last.durationMs : undefined;
  const share = dueMs === undefined || fromMs === undefined ? 0 : (nowMs - fromMs) / Math.max(1, dueMs - fromMs);
  return <SlotRow states={slots.map(({ state }) => state)} share={Math.min(1, Math.max(0, share))} />;
}

function SlotWords({ slot, attempt, status }: { slot: Slot; attempt: Attempt | undefined; status: string }) {
  const { place, state, waitMs, plannedAt, at, driftMs } = slot;
  return (
    <>
      <Text size="sm" fw={600}>
        {place} · {words[state]}
        {attempt ? <Outcome attempt={attempt} /> : null}
      </Text>
      <Text size="xs" c="dimmed" className="numbers">
        {place === 1 ? 'at once' : `${wait(waitMs)} after ${place - 1}`}
      </Text>
      {state === 'next' ? (
        <Text size="sm" fw={600}>
          {plannedAt === null ? waitingFor(status) : <Countdown until={plannedAt} />}
        </Text>
      ) : null}
      {plannedAt === null || state === 'skipped' ? null : (
        <Text size="xs" className="numbers">
          {state === 'future' ? 'about' : 'planned'} {dayOf(plannedAt)}
          {state === 'future' ? roughTime(plannedAt) : exactTime(plannedAt)}
        </Text>
      )}
      {at === null ? null : (
        <Text size="xs" className="numbers">
          sent {dayOf(at)}
          {exactTime(at)}
          {driftMs === null ? null : <strong className={classes.drift}> ({drift(driftMs)})</strong>}
          {attempt?.trigger === 'manual' ? ' by hand' : null}
        </Text>
      )}
      {attempt ? <Text size="xs" c="dimmed">{`took ${duration(attempt.durationMs)}`}</Text> : null}
    </>
  );
}

function Outcome({ attempt: { statusCode, error } }: { attempt: Attempt }) {
  return <span className="numbers">{` · ${statusCode ?? error ?? ''}`}</span>;
}

function waitingFor(status: string): string {
  return status === 'held' ? 'when its endpoint is resumed' : 'not known yet';
}

const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

/** The day, where it is not today. */
function dayOf(at: string): string {
  const named = day.format(Date.parse(at));
  return named === day.format(serverNowMs()) ? '' : `${named} `;
}
