import { ActionIcon, Badge, Button, Group, Menu } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, read } from '../../api/client';
import { usePages } from '../../api/pages';
import { useConfirm } from '../../components/confirm';
import { Listing, type Column } from '../../components/listing';
import { showDone } from '../../components/notify';
import { Page } from '../../components/page';
import { Empty } from '../../components/states';
import { Time } from '../../components/time';
import { Wrapped } from './contact-columns';
import { ListName } from './list-name';

const loadLists = (cursor: string | undefined) =>
  read(api.GET('/api/v1/lists', { params: { query: { limit: 50, ...(cursor === undefined ? {} : { cursor }) } } }));
export type List = Awaited<ReturnType<typeof loadLists>>['data'][number];

export function ListsPage() {
  const list = usePages(['lists', 'pages'], loadLists);
  const workspace = useQuery({ queryKey: ['workspace'], queryFn: () => read(api.GET('/api/v1/workspace')) });
  const [named, setNamed] = useState<List | 'new'>();
  const defaultListId = workspace.data?.defaultListId;
  const add = <Button onClick={() => setNamed('new')}>Add a list</Button>;
  const columns: Column<List>[] = [
    { title: 'Name', cell: ({ name }) => <Wrapped>{name}</Wrapped> },
    {
      title: 'Contacts',
      align: 'right',
      cell: (row) => <span className="numbers">{countOf(row)}</span>,
    },
    {
      title: 'Use',
      cell: ({ id }) =>
        id === defaultListId ? (
          <Badge variant="light" tt="none">
            default
          </Badge>
        ) : null,
    },
    { title: 'Added', cell: ({ createdAt }) => <Time at={createdAt} isRelative />, isMinor: true },
    { title: 'Actions', align: 'right', cell: (row) => <Actions list={row} onRename={() => setNamed(row)} /> },
  ];
  return (
    <Page
      title="Lists"
      about="Campaigns go to everyone on some lists. Automations, forms and imports put contacts on them."
      actions={add}
    >
      <Listing
        label="Lists"
        list={list}
        columns={columns}
        href={({ id }) => `/lists/${id}`}
        empty={
          <Empty title="No lists yet" action={add}>
            A campaign needs a list to go to. Add one, then put contacts on it by an import, a form or an automation.
          </Empty>
        }
      />
      <ListName list={named} onClose={() => setNamed(undefined)} />
    </Page>
  );
}

export function countOf({ contactCount, isCountExact }: Pick<List, 'contactCount' | 'isCountExact'>): string {
  return `${contactCount.toLocaleString()}${isCountExact ? '' : '+'}`;
}

function Actions({ list, onRename }: { list: List; onRename: () => void }) {
  const ask = useConfirm();
  const queries = useQueryClient();
  const { id, name } = list;
  const remove = useMutation({
    mutationFn: () => api.DELETE('/api/v1/lists/{id}', { params: { path: { id } } }),
    onSuccess: async () => {
      showDone(`The list “${name}” is deleted.`);
      await queries.invalidateQueries({ queryKey: ['lists'] });
      await queries.invalidateQueries({ queryKey: ['workspace'] });
    },
  });
  const onDelete = async (): Promise<void> => {
    const isSure = await ask({
      title: `Delete “${name}”?`,
      text: `Its ${countOf(list)} contacts stay, and are on this list no more. Campaigns, forms and automations that name it pass it over. It cannot be undone.`,
      action: 'Delete list',
      isDangerous: true,
    });
    if (isSure) remove.mutate();
  };
  return (
    <Group justify="flex-end">
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${name}`} loading={remove.isPending}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={onRename}>Rename</Menu.Item>
          <Menu.Item color="red" onClick={() => void onDelete()}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}
