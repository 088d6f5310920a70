import { ActionIcon, Tooltip } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useConfirm } from '../../components/confirm';
import { showDone } from '../../components/notify';
import { useRetrigger, type Delivery, type DeliveryRow } from './queries';

/** What a retrigger means in each status. */
export const retriggerWords: Record<Delivery['status'], string> = {
  pending: 'Attempt now',
  retrying: 'Attempt now',
  held: 'Attempt now',
  failed: 'Retrigger',
  cancelled: 'Retrigger',
  delivered: 'Deliver again',
};

/** Asks the server to send a delivery again, and the person first where the receiver took it already. */
export function useRetriggering({ id, status }: Pick<DeliveryRow, 'id' | 'status'>) {
  const ask = useConfirm();
  const retrigger = useRetrigger(id);
  const sendAgain = async (): Promise<void> => {
    const isAgreed =
      status !== 'delivered' ||
      (await ask({
        title: 'Deliver it once more?',
        text: 'The receiver took it already, and gets it again with the same webhook-id.',
        action: 'Deliver again',
      }));
    if (isAgreed) retrigger.mutate(undefined, { onSuccess: ({ detail }) => showDone(`Queued. ${detail}`) });
  };
  return { sendAgain, isPending: retrigger.isPending };
}

/** In a row of the log; `reason` says why it cannot be done. */
export function RetriggerIcon({ row, reason }: { row: DeliveryRow; reason: string | undefined }) {
  const { sendAgain, isPending } = useRetriggering(row);
  const word = retriggerWords[row.status];
  return (
    <Tooltip label={reason ?? word} multiline maw={320} events={{ hover: true, focus: true, touch: true }}>
      <ActionIcon
        variant="subtle"
        color="gray"
        loading={isPending}
        aria-label={`${word}: ${row.event} ${row.id}`}
        {...(reason === undefined ? {} : { 'data-disabled': true, 'aria-disabled': true })}
        onClick={() => (reason === undefined ? void sendAgain() : undefined)}
      >
        <IconRefresh size={16} />
      </ActionIcon>
    </Tooltip>
  );
}
