import { Alert, Button, Group, List, Paper, Text } from '@mantine/core';
import { useConfirm } from '../../components/confirm';
import { useBulk, type BulkAction } from './queries';

const words = {
  retrigger: {
    button: 'Retrigger',
    title: 'Retrigger these deliveries?',
    text: 'Each is attempted now, those that were delivered too: their receiver gets them once more, with the same webhook-id.',
  },
  cancel: {
    button: 'Cancel deliveries',
    title: 'Cancel these deliveries?',
    text: 'No further attempts are made of them. A retrigger brings them back.',
  },
} as const satisfies Record<BulkAction, object>;

/** What can be done with the chosen rows, and what became of what was asked last. */
export function BulkBar({
  ids,
  shown,
  onSelect,
}: {
  ids: string[];
  shown: string[];
  onSelect: (ids: string[]) => void;
}) {
  const ask = useConfirm();
  const bulk = useBulk();
  const run = async (action: BulkAction): Promise<void> => {
    const { title, text, button } = words[action];
    const isAgreed = await ask({ title, text, action: `${button} (${ids.length})`, isDangerous: action === 'cancel' });
    if (isAgreed) bulk.mutate({ action, ids }, { onSuccess: () => onSelect([]) });
  };
  return (
    <>
      {ids.length === 0 ? null : (
        <Paper withBorder p="xs" role="region" aria-label="Chosen deliveries">
          <Group gap="sm">
            <Text size="sm" aria-live="polite">
              {ids.length === 1 ? 'One delivery is chosen' : `${ids.length} deliveries are chosen`}
            </Text>
            <Button size="xs" loading={bulk.isPending} onClick={() => void run('retrigger')}>
              Retrigger
            </Button>
            <Button size="xs" variant="default" loading={bulk.isPending} onClick={() => void run('cancel')}>
              Cancel deliveries
            </Button>
            {shown.length > ids.length && ids.length < maxChosen ? (
              <Button size="xs" variant="subtle" onClick={() => onSelect(shown.slice(0, maxChosen))}>
                Choose {shown.length > maxChosen ? `the first ${maxChosen}` : `all ${shown.length}`} of this list
              </Button>
            ) : null}
            <Button size="xs" variant="subtle" onClick={() => onSelect([])}>
              Choose none
            </Button>
          </Group>
        </Paper>
      )}
      {bulk.data ? <Outcome {...bulk.data} onClose={bulk.reset} /> : null}
    </>
  );
}

/** As many as the API takes in one call. */
const maxChosen = 100;
const maxNamed = 5;

type Outcomes = NonNullable<ReturnType<typeof useBulk>['data']>;

function Outcome({ queued, refused, results, onClose }: Outcomes & { onClose: () => void }) {
  const problems = results.filter(({ status }) => status === 'refused');
  return (
    <Alert
      color={refused > 0 ? 'yellow' : 'teal'}
      withCloseButton
      closeButtonLabel="Close"
      onClose={onClose}
      role="status"
      title={`${queued} queued${refused > 0 ? `, ${refused} refused` : ''}`}
    >
      {refused === 0 ? (
        'What becomes of them shows in the list.'
      ) : (
        <List size="sm">
          {problems.slice(0, maxNamed).map(({ id, detail }) => (
            <List.Item key={id}>
              <span className="mono">{id}</span>: {detail}
            </List.Item>
          ))}
          {problems.length > maxNamed ? <List.Item>and {problems.length - maxNamed} more</List.Item> : null}
        </List>
      )}
    </Alert>
  );
}
