import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import { api, read } from '../../../api/client';
import { showDone } from '../../../components/notify';
import { Page } from '../../../components/page';
import { Loaded } from '../../../components/states';
import { contentBody, type Content } from '../parts/content';
import { unguarded } from '../../../components/leave-guard';
import { useTemplate, type Template } from './queries';
import { blank, starter } from './starter';
import { TemplateActions } from './template-actions';
import { TemplateEditor } from './template-editor';

const back = { to: '/templates', label: 'Templates' };

export function NewTemplatePage() {
  const [params] = useSearchParams();
  const from = params.get('from');
  const original = useTemplate(from === null || from === 'starter' ? undefined : from);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const add = useMutation({
    mutationFn: ({ name, ...content }: Content & { name: string }) =>
      read(api.POST('/api/v1/templates', { body: { name, ...contentBody(content) } })),
    meta: { isHandled: true },
    onSuccess(template) {
      showDone('The template is saved.');
      queries.setQueryData(['template', template.id], template);
      void queries.invalidateQueries({ queryKey: ['templates'] });
      return navigate(`/templates/${template.id}`, { replace: true, state: unguarded });
    },
  });
  const editor = (initial: Content & { name: string }) => (
    <TemplateEditor initial={initial} save={(body) => add.mutateAsync(body)} isNew />
  );
  return (
    <Page title="New template" back={back}>
      {original.isEnabled ? (
        <Loaded query={original}>
          {(template) => editor({ ...valuesOf(template), name: `${template.name} (copy)`.slice(0, 200) })}
        </Loaded>
      ) : (
        editor(from === 'starter' ? starter : blank)
      )}
    </Page>
  );
}

export function TemplatePage() {
  const { id = '' } = useParams();
  const query = useTemplate(id);
  return (
    <Page
      title={query.data?.name ?? 'Template'}
      back={back}
      actions={query.data ? <TemplateActions template={query.data} /> : null}
    >
      <Loaded query={query}>{(template) => <SavedTemplate key={template.id} template={template} />}</Loaded>
    </Page>
  );
}

function SavedTemplate({ template }: { template: Template }) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: ({ name, ...content }: Content & { name: string }) =>
      read(
        api.PATCH('/api/v1/templates/{id}', {
          params: { path: { id: template.id } },
          body: { name, ...contentBody(content) },
        }),
      ),
    meta: { isHandled: true },
    onSuccess(changed) {
      showDone('The template is saved. What is not sent yet is sent as it is now.');
      queries.setQueryData(['template', template.id], changed);
      void queries.invalidateQueries({ queryKey: ['templates'] });
    },
  });
  return <TemplateEditor id={template.id} initial={valuesOf(template)} save={(body) => change.mutateAsync(body)} />;
}

function valuesOf({ name, subject, preheader, html, text }: Template): Content & { name: string } {
  return { name, subject, preheader: preheader ?? '', html, text: text ?? '' };
}
