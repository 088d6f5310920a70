import { Badge, Box, Group, Stack, Table, Text, Title } from '@mantine/core';
import { Wrapped } from './contact-columns';
import type { Preview } from './import-mapping';

/** The first lines as they would be imported, and what is wrong with them. */
export function ImportPreview({ preview, isStale }: { preview: Preview; isStale: boolean }) {
  const { columns, rows, isCut } = preview;
  const refused = rows.filter(({ problem }) => problem !== null).length;
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Title order={2} size="h4">
          {isCut ? `The first ${rows.length} lines` : `All ${rows.length} lines`}
        </Title>
        <Text size="sm" role="status">
          {refused === 0 ? 'Nothing is wrong with them.' : `${refused} would be refused.`}
        </Text>
      </Group>
      <Box
        style={{ overflowX: 'auto', opacity: isStale ? 0.5 : 1 }}
        tabIndex={0}
        role="region"
        aria-label="Preview of the file"
      >
        <Table aria-label="Preview of the file" fz="xs" striped>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Line</Table.Th>
              <Table.Th>Result</Table.Th>
              {columns.map(({ column, field }, index) => (
                <Table.Th key={index} {...(field === 'ignored' ? { c: 'dimmed' } : {})}>
                  {column}
                  {field === 'ignored' ? ' (ignored)' : ''}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map(({ line, cells, problem, isKnown }) => (
              <Table.Tr key={line}>
                <Table.Td>{line}</Table.Td>
                <Table.Td>
                  {problem === null ? (
                    <Badge variant="light" tt="none" color={isKnown ? 'gray' : 'teal'}>
                      {isKnown ? 'there already' : 'new'}
                    </Badge>
                  ) : (
                    <Text inherit miw={160}>
                      refused: {problem}
                    </Text>
                  )}
                </Table.Td>
                {columns.map((_column, index) => (
                  <Table.Td key={index} miw={110} maw={240}>
                    <Wrapped>{cells[index] ?? ''}</Wrapped>
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Box>
    </Stack>
  );
}
