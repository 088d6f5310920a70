import { Anchor, Badge, Group, Paper, Stack, Text, Timeline } from '@mantine/core';
import { Link, useParams } from 'react-router';
import { useLive } from '../../api/live';
import { Page } from '../../components/page';
import { Loaded } from '../../components/states';
import { CopyText } from '../../components/copy';
import { Status } from '../../components/status';
import { TemporalButton } from '../../components/temporal-link';
import { Time } from '../../components/time';
import { stepAt } from './draft';
import { useAutomation, useNamed, useRefreshAutomations, useRun, useVersion, type Position, type Run } from './queries';
import { describe, numberOf, stepTitles } from './words';

/** What one run did for one contact, with times and reasons. */
export function RunPage() {
  const { id = '', runId = '' } = useParams();
  const automation = useAutomation(id);
  const query = useRun(id, runId);
  const refresh = useRefreshAutomations();
  useLive('runs', ({ ids, isAll }) => {
    if (isAll || ids.includes(runId)) void refresh();
  });
  return (
    <Page
      title={automation.data ? `Run of ${automation.data.name}` : 'Run'}
      back={{ to: `/automations/${id}?tab=runs`, label: 'Runs' }}
      actions={<TemporalButton url={query.data?.temporalUrl} />}
    >
      <Loaded query={query}>
        {(run) => (
          <Stack>
            <Facts run={run} />
            <Steps automationId={id} run={run} isHeld={automation.data?.status !== 'active'} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function Facts({ run }: { run: Run }) {
  const facts = [
    ['Status', <Status key="status" value={run.status} reason={run.reason} />],
    ['Begun', <Time key="begun" at={run.startedAt} />],
    ['Ended', run.endedAt === null ? 'not yet' : <Time key="ended" at={run.endedAt} />],
    [
      'Contact',
      <Anchor key="contact" component={Link} to={`/contacts/${run.contactId}`} className="mono">
        {run.contactId}
      </Anchor>,
    ],
    [
      'Event',
      <Anchor key="event" component={Link} to={`/events/${encodeURIComponent(run.messageId)}`} className="mono">
        {run.messageId}
      </Anchor>,
    ],
    ['Version', run.version],
    ['Workflow', <CopyText key="workflow" value={run.workflowId} label="workflow id" />],
  ] as const;
  return (
    <Paper withBorder p="md" radius="md">
      <Stack gap={6}>
        {facts.map(([name, value]) => (
          <Group key={name} gap="sm" align="flex-start">
            <Text size="sm" c="dimmed" w={80}>
              {name}
            </Text>
            <Text size="sm" component="div" flex={1} miw={0}>
              {value}
            </Text>
          </Group>
        ))}
      </Stack>
    </Paper>
  );
}

interface StepsProps {
  automationId: string;
  run: Run;
  /** The automation is not active: what does something waits. */
  isHeld: boolean;
}

function Steps({ automationId, run, isHeld }: StepsProps) {
  const { log, status, position, reason } = run;
  const names = useNamed();
  const version = useVersion(automationId, run.version);
  /** As the flow names it, once the steps of the run's version are there. */
  const wordsFor = (at: Position, otherwise: string): string => {
    const step = version.data && stepAt(version.data.steps, at);
    return step ? `${stepTitles[step.type]}: ${describe(step, names)}` : otherwise;
  };
  return (
    <Timeline bulletSize={18} lineWidth={2} active={log.length} aria-label="Steps of the run">
      {log.map(({ position: at, step, at: time, result, emailId }) => (
        <Timeline.Item
          key={at.join('.')}
          title={
            <Group gap="xs">
              <Badge variant="default" tt="none">
                {numberOf(at.join('.'))}
              </Badge>
              <span style={{ overflowWrap: 'anywhere' }}>{wordsFor(at, step)}</span>
            </Group>
          }
        >
          <Text size="sm" c={/^skipped/.test(result) ? 'dimmed' : ''} style={{ overflowWrap: 'anywhere' }}>
            {result}
            {emailId ? (
              <>
                {' · '}
                <Anchor component={Link} to={`/emails/${emailId}`} size="sm">
                  the email
                </Anchor>
              </>
            ) : null}
          </Text>
          <Text size="xs" c="dimmed">
            <Time at={time} />
          </Text>
        </Timeline.Item>
      ))}
      {status === 'running' ? (
        <Timeline.Item title={`At step ${numberOf(position.join('.'))} now`} lineVariant="dashed">
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {wordsFor(position, '')}
          </Text>
          <Text size="sm" c="dimmed">
            {isHeld
              ? 'The automation is not active: a step that does something is held until it is.'
              : 'It goes on by itself. What it waits for stands in the Temporal Web UI, at its timer.'}
          </Text>
        </Timeline.Item>
      ) : (
        <Timeline.Item title={status === 'completed' ? 'Completed' : 'Stopped'}>
          {reason === null ? null : (
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              {reason}
            </Text>
          )}
          {run.endedAt === null ? null : (
            <Text size="xs" c="dimmed">
              <Time at={run.endedAt} />
            </Text>
          )}
        </Timeline.Item>
      )}
    </Timeline>
  );
}
