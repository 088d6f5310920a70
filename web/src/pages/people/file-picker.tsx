import { Button, FileButton, Paper, Stack, Text } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { useState, type DragEvent } from 'react';

const mostBytes = 100_000_000;

/** Takes a CSV file, by a click or by letting it fall. */
export function FilePicker({ onPick }: { onPick: (file: File) => void }) {
  const [isOver, setIsOver] = useState(false);
  const [problem, setProblem] = useState<string>();
  const take = (file: File | null | undefined): void => {
    if (!file) return;
    const found = problemOf(file);
    setProblem(found);
    if (found === undefined) onPick(file);
  };
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    setIsOver(false);
    take(event.dataTransfer.files[0]);
  };
  return (
    <Paper
      withBorder
      p="xl"
      style={{ borderStyle: 'dashed', ...(isOver ? { borderColor: 'var(--mantine-primary-color-filled)' } : {}) }}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={onDrop}
    >
      <Stack align="center" gap="sm">
        <IconUpload size={32} aria-hidden />
        <FileButton onChange={take} accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain">
          {(props) => <Button {...props}>Choose a CSV file</Button>}
        </FileButton>
        <Text size="sm" c="dimmed" ta="center">
          or let it fall here. UTF-8; comma, semicolon or tab; up to 100 MB and a million lines.
        </Text>
        {problem === undefined ? null : (
          <Text size="sm" c="red" role="alert">
            {problem}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}

function problemOf({ name, size }: File): string | undefined {
  if (/\.(xlsx?|ods|numbers|zip|gz)$/i.test(name)) {
    return 'This is no CSV file. In your spreadsheet, choose “Save as” and “CSV (UTF-8)”.';
  }
  if (size > mostBytes) return 'The file is larger than 100 MB; split it and import its parts.';
  return size === 0 ? 'The file is empty.' : undefined;
}
