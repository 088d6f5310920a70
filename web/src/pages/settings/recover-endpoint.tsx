import { Box } from '@mantine/core';
import { Recover } from '../../components/recover';
import type { Endpoint } from './queries';

/** Sends again what has failed at one endpoint. */
export function RecoverEndpoint({ endpoint }: { endpoint: Endpoint }) {
  return (
    <Box maw={640}>
      <Recover endpoints={[endpoint]} />
    </Box>
  );
}
