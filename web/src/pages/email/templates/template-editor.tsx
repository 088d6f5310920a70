import { Group, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, read } from '../../../api/client';
import { GuardedButton } from '../../../components/guarded-button';
import { showError } from '../../../components/notify';
import { ContentFields } from '../parts/content-fields';
import type { Content } from '../parts/content';
import { mistakeAt } from '../parts/mistakes';
import { PreviewPane } from '../parts/preview-pane';
import { firstSample, previewValues } from '../parts/sample';
import { SampleFields } from '../parts/sample-fields';
import { SendTest } from '../parts/send-test';
import { useLeaveGuard } from '../../../components/leave-guard';
import { usePreview } from '../parts/use-preview';

type Values = Content & { name: string };

interface TemplateEditorProps {
  /** Absent while it is not saved. */
  id?: string;
  initial: Values;
  save: (values: Values) => Promise<unknown>;
  isNew?: boolean;
}

/** The content at the left, what becomes of it at the right; one below the other on a phone. */
export function TemplateEditor({ id, initial, save, isNew = false }: TemplateEditorProps) {
  const [kept, setKept] = useState(initial);
  const [values, setValues] = useState(initial);
  const [sample, setSample] = useState(firstSample);
  const { name, ...content } = values;
  const preview = usePreview(content, sample);
  const isDirty = JSON.stringify(values) !== JSON.stringify(kept);
  useLeaveGuard(isDirty);
  const store = useMutation({
    mutationFn: save,
    meta: { isHandled: true },
    onSuccess: (_saved, stored) => setKept(stored),
    onError(error) {
      const fields = ['name', 'subject', 'preheader', 'html', 'text'];
      if (!fields.some((field) => mistakeAt(error, field))) showError(error);
    },
  });
  const change = (changed: Partial<Values>): void => setValues((before) => ({ ...before, ...changed }));
  const sendTest = (to: string) => {
    const { data } = previewValues(sample);
    const params = { path: { id: id ?? '' } };
    return read(api.POST('/api/v1/templates/{id}/test', { params, body: { to, data } }));
  };
  const reasonNotToTest = isNew ? 'Save it first.' : isDirty ? 'Save it first: a test shows what is saved.' : undefined;
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="xl">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          store.mutate(values);
        }}
      >
        <Stack>
          <TextInput
            label="Name"
            description="For you; no recipient sees it."
            value={name}
            maxLength={200}
            required
            error={mistakeAt(store.error, 'name')?.detail}
            onChange={({ currentTarget }) => change({ name: currentTarget.value })}
          />
          <ContentFields content={content} onChange={change} error={preview.error} />
          <Group>
            <GuardedButton
              type="submit"
              loading={store.isPending}
              reason={isDirty || isNew ? undefined : 'Nothing was changed.'}
            >
              Save
            </GuardedButton>
            <SendTest send={sendTest} reason={reasonNotToTest} />
          </Group>
        </Stack>
      </form>
      <Stack>
        <SampleFields sample={sample} onChange={(changed) => setSample((before) => ({ ...before, ...changed }))} />
        <PreviewPane preview={preview} />
      </Stack>
    </SimpleGrid>
  );
}
