import { Anchor, Button, Group, List, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import { api } from '../../../api/client';
import { useConfirm } from '../../../components/confirm';
import { showDone } from '../../../components/notify';
import { unguarded } from '../../../components/leave-guard';
import { useTemplateUses, type Template } from './queries';

/** Copy and delete; a template that is in use says by what. */
export function TemplateActions({ template: { id, name } }: { template: Template }) {
  const ask = useConfirm();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const uses = useTemplateUses(id);
  const open = (uses.data?.campaigns ?? []).filter(({ status }) => status === 'draft' || status === 'scheduled');
  const automations = uses.data?.automations ?? [];
  const remove = useMutation({
    mutationFn: () => api.DELETE('/api/v1/templates/{id}', { params: { path: { id } } }),
    onSuccess() {
      showDone('The template is deleted.');
      void queries.invalidateQueries({ queryKey: ['templates'] });
      return navigate('/templates', { state: unguarded });
    },
  });
  const askAndRemove = async (): Promise<void> => {
    const users = [...open, ...automations];
    const text = (
      <>
        <Text size="sm">Nothing can be sent with it any more. This cannot be undone.</Text>
        {users.length > 0 ? (
          <>
            <Text size="sm" mt="sm">
              It is used by these, which would fail:
            </Text>
            <List size="sm">
              {users.map((user) => (
                <List.Item key={user.id}>
                  {user.name} ({user.status})
                </List.Item>
              ))}
            </List>
          </>
        ) : null}
      </>
    );
    if (await ask({ title: `Delete “${name}”?`, text, action: 'Delete template', isDangerous: true })) remove.mutate();
  };
  return (
    <>
      {open.length + automations.length > 0 ? (
        <Group gap={6}>
          <Text size="sm" c="dimmed">
            Used by
          </Text>
          {open.map((campaign) => (
            <Anchor key={campaign.id} component={Link} to={`/campaigns/${campaign.id}`} size="sm">
              {campaign.name}
            </Anchor>
          ))}
          {automations.map((automation) => (
            <Anchor key={automation.id} component={Link} to={`/automations/${automation.id}`} size="sm">
              {automation.name}
            </Anchor>
          ))}
        </Group>
      ) : null}
      <Button variant="default" onClick={() => void navigate(`/templates/new?from=${id}`)}>
        Duplicate
      </Button>
      <Button variant="light" color="red" loading={remove.isPending} onClick={() => void askAndRemove()}>
        Delete
      </Button>
    </>
  );
}
