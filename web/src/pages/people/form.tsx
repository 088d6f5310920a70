import { Anchor, Button, Grid, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from 'react-router';
import { api, read } from '../../api/client';
import { useConfirm } from '../../components/confirm';
import { CodeBlock, CopyText } from '../../components/copy';
import { showDone } from '../../components/notify';
import { Page } from '../../components/page';
import { Loaded } from '../../components/states';
import { FormEditor } from './form-editor';
import type { FormValues } from './form-values';
import type { Form } from './forms';

export function FormPage() {
  const { id = '' } = useParams();
  const queries = useQueryClient();
  const path = { id };
  const query = useQuery({
    queryKey: ['forms', 'one', id],
    queryFn: () => read(api.GET('/api/v1/forms/{id}', { params: { path } })),
    refetchInterval: 15_000,
  });
  const save = async ({ redirectUrl, confirmSubject, ...body }: FormValues): Promise<void> => {
    const saved = await read(
      api.PATCH('/api/v1/forms/{id}', {
        params: { path },
        body: { ...body, redirectUrl: redirectUrl || null, confirmSubject: confirmSubject || null },
      }),
    );
    queries.setQueryData(['forms', 'one', id], saved);
    showDone('The form is saved.');
    await queries.invalidateQueries({ queryKey: ['forms', 'pages'] });
  };
  return (
    <Page
      title={query.data?.name ?? 'Form'}
      back={{ to: '/forms', label: 'Forms' }}
      actions={query.data ? <Remove form={query.data} /> : null}
    >
      <Loaded query={query}>
        {(form) => (
          <Grid gap="xl">
            <Grid.Col span={{ base: 12, md: 7 }}>
              <FormEditor
                initial={{ ...form, redirectUrl: form.redirectUrl ?? '', confirmSubject: form.confirmSubject ?? '' }}
                action="Save"
                isNew={false}
                save={save}
              />
            </Grid.Col>
            <Grid.Col span={{ base: 12, md: 5 }}>
              <Publish form={form} />
            </Grid.Col>
          </Grid>
        )}
      </Loaded>
    </Page>
  );
}

function Publish({ form: { url, embed, counts, doubleOptIn } }: { form: Form }) {
  return (
    <Stack>
      <Title order={2} size="h4">
        Use it
      </Title>
      <Text size="sm">
        {counts.joined.toLocaleString()} joined
        {doubleOptIn || counts.asked > 0 ? `, ${counts.asked.toLocaleString()} were asked to confirm` : ''}.
      </Text>
      <div>
        <Text size="sm" fw={500}>
          Its page
        </Text>
        <CopyText value={url} label="address of the page" />
        <Anchor href={url} target="_blank" rel="noreferrer" size="sm">
          Open it
        </Anchor>
      </div>
      <div>
        <Text size="sm" fw={500}>
          HTML for a page of yours
        </Text>
        <Text size="xs" c="dimmed" mb={4}>
          It needs no script. The hidden field keeps bots out.
        </Text>
        <CodeBlock value={embed} label="HTML of the form" maxHeight={280} />
      </div>
    </Stack>
  );
}

function Remove({ form: { id, name } }: { form: Form }) {
  const ask = useConfirm();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.DELETE('/api/v1/forms/{id}', { params: { path: { id } } }),
    onSuccess: async () => {
      showDone(`The form “${name}” is deleted.`);
      await navigate('/forms');
      await queries.invalidateQueries({ queryKey: ['forms'] });
    },
  });
  const onClick = async (): Promise<void> => {
    const isSure = await ask({
      title: `Delete “${name}”?`,
      text: 'Who has signed up stays. Its page and the copies in your pages stop working, and confirmations that were not followed yet lead nowhere.',
      action: 'Delete form',
      isDangerous: true,
    });
    if (isSure) remove.mutate();
  };
  return (
    <Button color="red" variant="light" onClick={() => void onClick()} loading={remove.isPending}>
      Delete
    </Button>
  );
}
