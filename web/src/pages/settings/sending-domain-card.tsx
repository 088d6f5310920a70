import { Badge, Box, Button, Card, Group, Stack, Table, Text, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, read } from '../../api/client';
import { useConfirm } from '../../components/confirm';
import { CodeBlock, CopyText } from '../../components/copy';
import { showDone } from '../../components/notify';
import { Time } from '../../components/time';
import { useOwnerReason } from '../../components/owner-reason';
import { RemoveButton } from '../../components/remove-button';
import type { SendingDomain } from './sending';

type Record = SendingDomain['records'][number];

const kinds: { [Kind in Record['kind']]: string } = {
  dkim: 'DKIM – the signature',
  spf: 'SPF – who may send',
  dmarc: 'DMARC – what happens to the rest',
  returnPath: 'MX – where bounces go',
};

/** A domain with the DNS records to set, and what the last check found of each. */
export function SendingDomainCard({ domain }: { domain: SendingDomain }) {
  const queries = useQueryClient();
  const ask = useConfirm();
  const ownerReason = useOwnerReason();
  const refresh = () => queries.invalidateQueries({ queryKey: ['sending-domains'] });
  const path = { id: domain.id };
  const check = useMutation({
    mutationFn: () => read(api.POST('/api/v1/sending-domains/{id}/check', { params: { path } })),
    onSuccess: refresh,
  });
  const remove = useMutation({
    mutationFn: () => api.DELETE('/api/v1/sending-domains/{id}', { params: { path } }),
    onSuccess: () => {
      showDone(`${domain.domain} is removed.`);
      return refresh();
    },
  });
  const onRemove = async (): Promise<void> => {
    const isSure = await ask({
      title: `Remove ${domain.domain}?`,
      text: 'Nothing can be sent from it any more, and its signing key is deleted: adding it again makes another one, and other DNS records.',
      action: 'Remove domain',
      isDangerous: true,
    });
    if (isSure) remove.mutate();
  };
  return (
    <Card withBorder component="section" aria-label={domain.domain}>
      <Group justify="space-between" mb="xs">
        <Group gap="xs">
          <Title order={3} size="h5">
            {domain.domain}
          </Title>
          <Badge variant="light" color={domain.isVerified ? 'teal' : 'yellow'} tt="none">
            {domain.isVerified ? 'verified' : 'not verified yet'}
          </Badge>
        </Group>
        <Group gap="xs">
          <Text size="xs" c="dimmed">
            {domain.checkedAt === null ? (
              'never checked'
            ) : (
              <>
                checked <Time at={domain.checkedAt} isRelative />
              </>
            )}
          </Text>
          <Button
            size="compact-sm"
            variant="light"
            loading={check.isPending}
            onClick={() => check.mutate()}
            aria-label={`Check now: ${domain.domain}`}
          >
            Check now
          </Button>
          <RemoveButton
            label={`Remove ${domain.domain}`}
            isPending={remove.isPending}
            reason={ownerReason}
            onClick={() => void onRemove()}
          />
        </Group>
      </Group>
      <Box style={{ overflowX: 'auto' }} tabIndex={0} role="region" aria-label={`DNS records of ${domain.domain}`}>
        <Table verticalSpacing="sm" layout="auto" miw={820}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Record</Table.Th>
              <Table.Th>Name</Table.Th>
              <Table.Th>Value</Table.Th>
              <Table.Th>Last check</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {domain.records.map((record) => (
              <RecordRow key={record.kind} record={record} />
            ))}
          </Table.Tbody>
        </Table>
      </Box>
    </Card>
  );
}

function RecordRow({ record }: { record: Record }) {
  const { kind, type, name, expected, note } = record;
  return (
    <Table.Tr style={{ verticalAlign: 'top' }}>
      <Table.Td miw={150}>
        <Text size="sm" fw={500}>
          {kinds[kind]}
        </Text>
        <Text size="xs" c="dimmed">
          {type}. {note}
        </Text>
      </Table.Td>
      <Table.Td miw={220}>
        <CopyText value={name} label={`name of the ${kind} record`} />
      </Table.Td>
      <Table.Td miw={260}>
        <CodeBlock value={expected} label={`value of the ${kind} record`} maxHeight={116} />
      </Table.Td>
      <Table.Td miw={130}>
        <Found record={record} />
      </Table.Td>
    </Table.Tr>
  );
}

function Found({ record: { ok, found, error } }: { record: Record }) {
  if (ok === null || found === null)
    return (
      <Badge color="gray" variant="light" tt="none">
        not checked
      </Badge>
    );
  return (
    <Stack gap={4} align="flex-start">
      <Badge color={ok ? 'teal' : 'red'} variant="light" tt="none">
        {ok ? 'right' : error !== undefined ? 'no answer' : found.length === 0 ? 'not there' : 'differs'}
      </Badge>
      {error === undefined ? null : <Text size="xs">{error}. Try again in a while.</Text>}
      {ok
        ? null
        : found.map((text) => (
            <Text key={text} size="xs" className="mono">
              {text}
            </Text>
          ))}
    </Stack>
  );
}
