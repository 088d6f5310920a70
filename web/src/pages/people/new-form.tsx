import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { api, read } from '../../api/client';
import { showDone } from '../../components/notify';
import { Page } from '../../components/page';
import { FormEditor } from './form-editor';
import { blankForm, type FormValues } from './form-values';

export function NewFormPage() {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const save = async ({ redirectUrl, confirmSubject, ...body }: FormValues): Promise<void> => {
    const form = await read(
      api.POST('/api/v1/forms', {
        body: {
          ...body,
          ...(redirectUrl === '' ? {} : { redirectUrl }),
          ...(confirmSubject === '' ? {} : { confirmSubject }),
        },
      }),
    );
    showDone(`The form “${form.name}” is added.`);
    await queries.invalidateQueries({ queryKey: ['forms'] });
    await navigate(`/forms/${form.id}`);
  };
  return (
    <Page title="Add a form" back={{ to: '/forms', label: 'Forms' }}>
      <FormEditor initial={blankForm} action="Add form" isNew save={save} />
    </Page>
  );
}
