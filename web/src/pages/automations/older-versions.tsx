import { Alert, Button, Drawer, Stack, Text } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useState } from 'react';
import { Loaded } from '../../components/states';
import { nodesOf } from './draft';
import { Flow } from './flow';
import { FlowContext } from './flow-context';
import { useNamed, useVersion, type Automation, type Statistics } from './queries';
import { olderVersions, standingOf } from './standing';

interface OlderVersionsProps {
  automation: Automation;
  statistics: Statistics;
}

/** Who goes by an earlier version: a run keeps the steps that it was started with. */
export function OlderVersions({ automation, statistics }: OlderVersionsProps) {
  const [shown, setShown] = useState<number>();
  const older = olderVersions(statistics);
  if (older.length === 0) return null;
  return (
    <Alert icon={<IconHistory />} color="blue" title="Not everybody is on the latest version">
      <Stack gap={4} align="flex-start">
        {older.map(({ version, runs }) => (
          <Text size="sm" key={version} component="div">
            {runs} {runs === 1 ? 'run' : 'runs'} on version {version}, latest is {statistics.version}.{' '}
            <Button size="compact-xs" variant="light" onClick={() => setShown(version)}>
              Show version {version}
            </Button>
          </Text>
        ))}
        <Text size="sm">They keep the steps they were started with, to their end.</Text>
      </Stack>
      <Drawer
        opened={shown !== undefined}
        onClose={() => setShown(undefined)}
        title={`Version ${shown ?? ''}`}
        position="right"
        size="lg"
      >
        {shown === undefined ? null : (
          <VersionFlow automationId={automation.id} version={shown} statistics={statistics} />
        )}
      </Drawer>
    </Alert>
  );
}

interface VersionFlowProps {
  automationId: string;
  version: number;
  statistics: Statistics;
}

function VersionFlow({ automationId, version, statistics }: VersionFlowProps) {
  const query = useVersion(automationId, version);
  const names = useNamed();
  const view = {
    ...{ names, faults: new Map(), standing: standingOf(statistics.standing, version) },
    runsAt: (place: string) => `?tab=runs&position=${place}&version=${version}`,
  };
  return (
    <Loaded query={query}>
      {({ steps }) => (
        <FlowContext value={view}>
          <Flow nodes={nodesOf(steps)} />
        </FlowContext>
      )}
    </Loaded>
  );
}
