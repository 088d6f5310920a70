import { Button, Group, Radio, Select, MultiSelect, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { GuardedButton } from '../../components/guarded-button';
import { showDone } from '../../components/notify';
import { Page } from '../../components/page';
import { Loaded } from '../../components/states';
import { FilePicker } from './file-picker';
import { startImport, usePreview, type Delimiter } from './import-calls';
import { traitProblem, type Choice } from './import-fields';
import { ImportMapping } from './import-mapping';
import { ImportPreview } from './import-preview';
import { useLists } from './queries';

export function NewImportPage() {
  const [file, setFile] = useState<File>();
  return (
    <Page
      title="Import contacts"
      about="A CSV file whose first line names the columns. Nothing is imported before you have seen how it is read."
      back={{ to: '/imports', label: 'Imports' }}
    >
      {file === undefined ? (
        <FilePicker onPick={setFile} />
      ) : (
        <Wizard
          key={`${file.name}${file.lastModified}${file.size}`}
          file={file}
          onOtherFile={() => setFile(undefined)}
        />
      )}
    </Page>
  );
}

const delimiterNames = [
  { value: 'comma', label: 'Comma' },
  { value: 'semicolon', label: 'Semicolon' },
  { value: 'tab', label: 'Tab' },
];

function Wizard({ file, onOtherFile }: { file: File; onOtherFile: () => void }) {
  const [params] = useSearchParams();
  const { options } = useLists();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [choices, setChoices] = useState<ReadonlyMap<string, Choice>>(new Map());
  const [delimiter, setDelimiter] = useState<Delimiter>();
  const [listIds, setListIds] = useState<string[]>(params.getAll('list'));
  const [policy, setPolicy] = useState<'update' | 'skip'>('update');
  // A click that is repeated because its answer was lost must not import twice.
  const [idempotencyKey] = useState(() => crypto.randomUUID());
  const preview = usePreview(file, { choices, delimiter });
  const start = useMutation({
    mutationFn: () => startImport(file, { choices, delimiter, listIds, policy, idempotencyKey }),
    onSuccess: async ({ id, total }) => {
      showDone(`${total.toLocaleString()} lines are queued.`);
      await queries.invalidateQueries({ queryKey: ['imports'] });
      await navigate(`/imports/${id}`);
    },
  });
  const badTrait = [...choices.values()].some(
    ({ target, trait }) => target === 'trait' && traitProblem(trait) !== undefined,
  );
  const reason = badTrait
    ? 'Name each trait first.'
    : preview.isError
      ? 'The file cannot be read.'
      : preview.isFetching
        ? 'The file is being read.'
        : (preview.data?.problem ?? undefined);
  return (
    <Stack gap="xl">
      <Group justify="space-between">
        <Text style={{ overflowWrap: 'anywhere' }}>
          {file.name} · {Math.max(1, Math.round(file.size / 1_000)).toLocaleString()} KB
        </Text>
        <Button variant="default" size="xs" onClick={onOtherFile}>
          Choose another file
        </Button>
      </Group>
      <Loaded query={preview}>
        {(data) => (
          <>
            <ImportMapping
              preview={data}
              choices={choices}
              onChoose={(column, choice) => setChoices((before) => new Map(before).set(column, choice))}
            />
            <ImportPreview preview={data} isStale={preview.isPlaceholderData} />
            <Stack gap="md" maw={560}>
              <Title order={2} size="h4">
                How to import it
              </Title>
              <MultiSelect
                label="Put everyone on these lists"
                placeholder={listIds.length === 0 ? 'None' : ''}
                data={options}
                searchable
                value={listIds}
                onChange={setListIds}
              />
              <Radio.Group
                label="Contacts that are there already"
                value={policy}
                onChange={(value) => setPolicy(value === 'skip' ? 'skip' : 'update')}
              >
                <Stack gap={4} mt={4}>
                  <Radio value="update" label="take the values of the file; empty cells change nothing" />
                  <Radio value="skip" label="stay as they are" />
                </Stack>
              </Radio.Group>
              <Select
                label="Between the cells stands"
                data={delimiterNames}
                allowDeselect={false}
                value={delimiter ?? data.delimiter}
                onChange={(value) => setDelimiter(isDelimiter(value) ? value : undefined)}
              />
              <Text size="sm" c="dimmed">
                Whoever has unsubscribed stays unsubscribed. Lines that cannot be imported are reported, and hold up no
                others.
              </Text>
            </Stack>
          </>
        )}
      </Loaded>
      <Group>
        <GuardedButton loading={start.isPending} reason={reason} onClick={() => start.mutate()}>
          Start the import
        </GuardedButton>
      </Group>
    </Stack>
  );
}

function isDelimiter(value: string | null): value is Delimiter {
  return value === 'comma' || value === 'semicolon' || value === 'tab';
}
