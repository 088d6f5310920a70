import { Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { CopyText } from '../../../components/copy';
import { Status } from '../../../components/status';
import type { EmailDetail } from './types';

/** What an email is. */
export function EmailFacts({ email }: { email: EmailDetail }) {
  const facts: [string, ReactNode][] = [
    ['Status', <Status key="status" value={email.status} />],
    ['To', email.contactId === null ? email.to : <Link to={`/contacts/${email.contactId}`}>{email.to}</Link>],
    [
      'From',
      email.from ?? (
        <Text size="sm" c="dimmed">
          the installation's sender
        </Text>
      ),
    ],
    ['Sent by', <SentBy key="by" email={email} />],
    ['Id', <CopyText key="id" value={email.id} label="email id" />],
    ['The server said', email.smtpResponse],
    ['Reason', email.reason],
    ['Put off', email.tries > 0 ? `${email.tries} times` : null],
  ];
  return (
    <Table layout="auto" variant="vertical" withTableBorder aria-label="The email">
      <Table.Tbody>
        {facts
          .filter(([, value]) => value !== null)
          .map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th w={130}>{name}</Table.Th>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
            </Table.Tr>
          ))}
      </Table.Tbody>
    </Table>
  );
}

function SentBy({ email: { kind, campaignId, campaignName, templateId } }: { email: EmailDetail }) {
  const name = campaignName ?? campaignId;
  if (campaignId.startsWith('cmp_')) return <Link to={`/campaigns/${campaignId}`}>{`${kind}: ${name}`}</Link>;
  if (kind === 'automation') return <Link to={`/automations/${campaignId}`}>{`automation: ${name}`}</Link>;
  if (templateId !== null) return <Link to={`/templates/${templateId}`}>{`${kind}: ${name}`}</Link>;
  return <>{kind}</>;
}
