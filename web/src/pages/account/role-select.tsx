import { NativeSelect, Text, Tooltip } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, read } from '../../api/client';
import { showDone } from '../../components/notify';
import { roles, type Person } from './people-calls';

/** The role of a person; `reason` says why it cannot be changed. */
export function RoleSelect({ person, reason }: { person: Person; reason: string | undefined }) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: (role: Person['role']) =>
      read(api.PATCH('/api/v1/people/{id}', { params: { path: { id: person.id } }, body: { role } })),
    onSuccess: async ({ name, role }) => {
      showDone(`${name} is ${role === 'owner' ? 'an owner' : 'a member'} now.`);
      await Promise.all(['people', 'session'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
    },
  });
  const label = roles.find(({ value }) => value === person.role)?.label;
  if (reason !== undefined) {
    return (
      <Tooltip label={reason} multiline maw={320} events={{ hover: true, focus: true, touch: true }}>
        <Text inherit tabIndex={0} component="span">
          {label}
        </Text>
      </Tooltip>
    );
  }
  return (
    <NativeSelect
      size="xs"
      aria-label={`Role of ${person.name}`}
      data={roles}
      value={change.isPending ? change.variables : person.role}
      disabled={change.isPending}
      onChange={({ currentTarget: { value } }) => {
        const role = roles.find((known) => known.value === value)?.value;
        if (role) change.mutate(role);
      }}
    />
  );
}
