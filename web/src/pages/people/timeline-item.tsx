import { Anchor, Box, Group, Text } from '@mantine/core';
import {
  IconAlertTriangle,
  IconBolt,
  IconClick,
  IconEye,
  IconFlag,
  IconForms,
  IconId,
  IconMail,
  IconMailCheck,
  IconMailOff,
  IconPencil,
  IconRoute,
  IconUserPlus,
  type Icon,
} from '@tabler/icons-react';
import { Link } from 'react-router';
import { Status } from '../../components/status';
import { Time } from '../../components/time';
import type { TimelineItem } from './timeline';
import { nameOfField, traitText } from './traits';

const icons: Record<TimelineItem['kind'], Icon> = {
  identify: IconId,
  track: IconBolt,
  created: IconUserPlus,
  updated: IconPencil,
  email: IconMail,
  delivered: IconMailCheck,
  opened: IconEye,
  clicked: IconClick,
  bounced: IconAlertTriangle,
  complained: IconFlag,
  unsubscribed: IconMailOff,
  automation: IconRoute,
  signUp: IconForms,
};

export function bulletOf(kind: TimelineItem['kind']) {
  const Shown = icons[kind];
  return <Shown size={16} aria-hidden />;
}

/** One thing that happened: what, when, what came of it, and where there is more. */
export function TimelineEntry({ item }: { item: TimelineItem }) {
  const { kind, title, detail, status, at, changes } = item;
  const to = placeOf(item);
  return (
    <Box data-kind={kind}>
      <Group gap="xs" wrap="wrap">
        <Text size="sm" fw={500} style={{ overflowWrap: 'anywhere' }}>
          {to === undefined ? (
            title
          ) : (
            <Anchor component={Link} to={to} inherit>
              {title}
            </Anchor>
          )}
        </Text>
        {status === null ? null : <Status value={status} />}
      </Group>
      {detail === null ? null : (
        <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {detail}
        </Text>
      )}
      {changes.map(({ field, oldValue, newValue }) => (
        <Text key={field} size="sm" className="mono">
          {nameOfField(field)}: {oldValue === null ? 'nothing' : traitText(oldValue)} →{' '}
          {newValue === null ? 'nothing' : traitText(newValue)}
        </Text>
      ))}
      <Text size="xs" c="dimmed" component="div">
        <Time at={at} /> (<Time at={at} isRelative />)
        {kind === 'track' && item.links.messageId !== undefined ? (
          <>
            {' · '}
            <Anchor component={Link} to={`/why?messageId=${encodeURIComponent(item.links.messageId)}`} inherit>
              Why?
            </Anchor>
          </>
        ) : null}
      </Text>
    </Box>
  );
}

/** The page that tells more. */
function placeOf({ kind, links }: TimelineItem): string | undefined {
  const { messageId, emailId, automationId, runId, formId } = links;
  switch (kind) {
    case 'identify':
    case 'track':
      return messageId === undefined ? undefined : `/events/${encodeURIComponent(messageId)}`;
    case 'email':
    case 'delivered':
    case 'opened':
    case 'clicked':
    case 'bounced':
    case 'complained':
    case 'unsubscribed':
      return emailId === undefined ? undefined : `/emails/${encodeURIComponent(emailId)}`;
    case 'automation':
      return automationId === undefined || runId === undefined
        ? undefined
        : `/automations/${encodeURIComponent(automationId)}/runs/${encodeURIComponent(runId)}`;
    case 'signUp':
      return formId === undefined ? undefined : `/forms/${encodeURIComponent(formId)}`;
    case 'created':
    case 'updated':
      return undefined;
  }
}
