import { Box, Table, Text, Title } from '@mantine/core';
import { count } from './figures';
import type { Results } from './types';

/** The links that were clicked. Their addresses are shown, and lead nowhere: an author may have written anything. */
export function ResultLinks({ links, others }: { links: Results['links']; others: number }) {
  if (links.length === 0) return null;
  return (
    <section aria-labelledby="links">
      <Title order={2} size="h4" mb="sm" id="links">
        Links
      </Title>
      <Box style={{ overflowX: 'auto' }} tabIndex={0} role="region" aria-label="Links that were clicked">
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Link</Table.Th>
              <Table.Th ta="right">Emails</Table.Th>
              <Table.Th ta="right">Clicks</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody className="numbers">
            {links.map(({ url, unique, total }) => (
              <Table.Tr key={url}>
                <Table.Td className="mono">{url}</Table.Td>
                <Table.Td ta="right">{count(unique)}</Table.Td>
                <Table.Td ta="right">{count(total)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Box>
      {others > 0 ? <Text size="sm" c="dimmed">{`and ${count(others)} links more`}</Text> : null}
    </section>
  );
}
