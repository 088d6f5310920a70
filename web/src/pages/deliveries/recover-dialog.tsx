import { Modal, Select, Stack } from '@mantine/core';
import { useState } from 'react';
import { Recover } from '../../components/recover';
import { useEndpointNames } from './endpoint-names';

const all = 'all';

interface RecoverDialogProps {
  isOpen: boolean;
  onClose: () => void;
  /** The endpoint that the log is narrowed down to. */
  endpointId: string | undefined;
}

/** Sends again all that has failed since a moment, at one endpoint or at all. */
export function RecoverDialog({ isOpen, onClose, endpointId }: RecoverDialogProps) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="Recover all that has failed since …" size="lg">
      <ChooseAndRecover preset={endpointId} />
    </Modal>
  );
}

function ChooseAndRecover({ preset }: { preset: string | undefined }) {
  const { endpoints, options } = useEndpointNames();
  const [wanted, setWanted] = useState(preset ?? all);
  return (
    <Stack>
      <Select
        label="Endpoint"
        data={[{ value: all, label: 'All endpoints' }, ...options]}
        value={wanted}
        onChange={(value) => setWanted(value ?? all)}
        allowDeselect={false}
      />
      <Recover key={wanted} endpoints={endpoints.filter(({ id }) => wanted === all || wanted === id)} />
    </Stack>
  );
}
