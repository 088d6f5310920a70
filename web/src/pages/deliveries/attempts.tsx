import { Badge, Card, Grid, Group, Stack, Text, Title, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { duration } from '../../components/time';
import { Exchange } from './exchange';
import { exactTime } from './exact-time';
import type { Attempt } from './queries';
import classes from './attempts.module.css';

/** Attempts at the left, newest first; what was sent and answered at the right. `body` is null where it is not shown. */
export function Attempts({ attempts, body }: { attempts: Attempt[]; body: string | null }) {
  const [chosen, setChosen] = useState<number>();
  const newestFirst = attempts.toReversed();
  const shown = attempts.find(({ number }) => number === chosen) ?? newestFirst[0];
  return (
    <Card withBorder p="md" component="section" aria-labelledby="attempts">
      <Title order={2} size="h4" id="attempts" mb="sm">
        Attempts
      </Title>
      {shown ? (
        <Grid gap="md">
          <Grid.Col span={{ base: 12, md: 4 }}>
            <Stack gap={4} component="ul" p={0} m={0} className={classes.list} aria-label="Attempts">
              {newestFirst.map((attempt) => (
                <li key={attempt.number}>
                  <UnstyledButton
                    className={classes.attempt}
                    aria-current={attempt.number === shown.number}
                    onClick={() => setChosen(attempt.number)}
                  >
                    <AttemptLine attempt={attempt} />
                  </UnstyledButton>
                </li>
              ))}
            </Stack>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 8 }}>
            <Exchange key={shown.number} attempt={shown} body={body} />
          </Grid.Col>
        </Grid>
      ) : (
        <Text size="sm">No attempt was made yet.</Text>
      )}
    </Card>
  );
}

function AttemptLine({ attempt }: { attempt: Attempt }) {
  const { number, at, statusCode, error, durationMs, trigger, round } = attempt;
  return (
    <>
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" fw={600}>
          Attempt {number}
        </Text>
        <Badge variant="light" tt="none" color={isTaken(statusCode) ? 'teal' : 'red'}>
          {statusCode ?? error}
        </Badge>
      </Group>
      <Text size="xs" className="numbers">
        {exactTime(at)} · {duration(durationMs)}
        {trigger === 'manual' ? ' · by hand' : ''}
        {round > 1 ? ` · round ${round}` : ''}
      </Text>
    </>
  );
}

function isTaken(statusCode: number | undefined): boolean {
  return statusCode !== undefined && statusCode >= 200 && statusCode < 300;
}
