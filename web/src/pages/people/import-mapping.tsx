import { Alert, Box, Group, Select, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { Wrapped } from './contact-columns';
import type { usePreview } from './import-calls';
import { choiceOf, targets, traitProblem, type Choice } from './import-fields';

export type Preview = NonNullable<ReturnType<typeof usePreview>['data']>;

interface ImportMappingProps {
  preview: Preview;
  choices: ReadonlyMap<string, Choice>;
  onChoose: (column: string, choice: Choice) => void;
}

/** What becomes of each column. */
export function ImportMapping({ preview, choices, onChoose }: ImportMappingProps) {
  const { columns, rows, problem } = preview;
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        Columns
      </Title>
      {problem === null ? null : (
        <Alert color="yellow" title="It cannot be imported like this" role="alert">
          {problem.charAt(0).toUpperCase() + problem.slice(1)}.
        </Alert>
      )}
      <Box style={{ overflowX: 'auto' }} tabIndex={0} role="region" aria-label="Columns of the file">
        <Table aria-label="Columns of the file" verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>In the file</Table.Th>
              <Table.Th visibleFrom="sm">For example</Table.Th>
              <Table.Th>Becomes</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {columns.map(({ column, field }, index) => (
              <Table.Tr key={index}>
                <Table.Td miw={90}>
                  <Wrapped>{column === '' ? '(no name)' : column}</Wrapped>
                </Table.Td>
                <Table.Td visibleFrom="sm" c="dimmed">
                  <Wrapped>{examplesOf(rows, index)}</Wrapped>
                </Table.Td>
                <Table.Td>
                  {column === '' ? (
                    <Text size="sm" c="dimmed">
                      Ignored, for it has no name
                    </Text>
                  ) : (
                    <Chooser
                      column={column}
                      choice={choices.get(column) ?? choiceOf(field, column)}
                      onChoose={(choice) => onChoose(column, choice)}
                    />
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Box>
    </Stack>
  );
}

function examplesOf(rows: Preview['rows'], index: number): string {
  const cells = rows.flatMap(({ cells: [...all] }) => (all[index] ?? '').trim() || []);
  return [...new Set(cells)].slice(0, 2).join(', ').slice(0, 80);
}

function Chooser({ column, choice, onChoose }: { column: string; choice: Choice; onChoose: (choice: Choice) => void }) {
  const { target, trait } = choice;
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <Select
        aria-label={`${column} becomes`}
        size="xs"
        miw={110}
        allowDeselect={false}
        data={targets}
        value={target}
        onChange={(chosen) => {
          const wanted = targets.find(({ value }) => value === chosen);
          if (wanted) onChoose({ target: wanted.value, trait });
        }}
      />
      {target === 'trait' ? (
        <TextInput
          aria-label={`Name of the trait for ${column}`}
          size="xs"
          miw={110}
          value={trait}
          error={traitProblem(trait)}
          onChange={({ currentTarget }) => onChoose({ target, trait: currentTarget.value })}
        />
      ) : null}
    </Group>
  );
}
