import { Button, Center } from '@mantine/core';
import { useRouteError } from 'react-router';
import { Empty } from '../components/states';

/** Where a page cannot be shown at all: a fault of ours, or a part that a newer version has replaced. */
export function Failed() {
  const error = useRouteError();
  return (
    <Center mih="60vh">
      <Empty
        title="This page stopped working"
        action={<Button onClick={() => window.location.reload()}>Reload</Button>}
      >
        Reload it; after an update of the server that is all it takes. If it stays:{' '}
        {error instanceof Error ? error.message : 'unknown'}
      </Empty>
    </Center>
  );
}
