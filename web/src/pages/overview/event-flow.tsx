import { Anchor, Group, Text, Timeline } from '@mantine/core';
import { IconArrowsSplit, IconInbox, IconMail, IconTag, IconUser, IconWebhook, type Icon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { CopyText } from '../../components/copy';
import { Status } from '../../components/status';
import { Time } from '../../components/time';
import { Automation, WebhookEvent } from './event-flow-parts';
import { quoted, type EventDetail } from './event-words';
import { TemporalLink } from '../../components/temporal-link';

interface Place {
  key: string;
  title: string;
  icon: Icon;
  /** Green: it went on; red: it ended here; yellow: it waits; grey: passed by on purpose. */
  color: 'teal' | 'red' | 'yellow' | 'gray';
  content: ReactNode;
}

/** The way of a message, drawn from top to bottom; what did not happen stands in it with its reason. */
export function EventFlow({ event }: { event: EventDetail }) {
  const places = [
    receipt(event),
    contact(event),
    ...name(event),
    ...automations(event),
    ...emails(event),
    ...webhooks(event),
  ];
  return (
    <Timeline active={places.length} bulletSize={28} lineWidth={2}>
      {places.map(({ key, title, icon: PlaceIcon, color, content }) => (
        <Timeline.Item key={key} title={title} bullet={<PlaceIcon size={16} aria-hidden />} color={color}>
          {content}
        </Timeline.Item>
      ))}
    </Timeline>
  );
}

function receipt({ receivedAt, source, temporalUrl, messageId, notes }: EventDetail): Place {
  const content = (
    <Text size="sm" component="div">
      <Group gap="xs">
        <Time at={receivedAt} />
        <span>from {source}</span>
        <TemporalLink url={temporalUrl} label="its workflow" />
      </Group>
      <CopyText value={messageId} label="messageId" />
      {notes.map((note) => (
        <Text key={note} inherit c="dimmed">
          {note}
        </Text>
      ))}
    </Text>
  );
  return { key: 'received', title: 'Received', icon: IconInbox, color: 'teal', content };
}

function contact({ contactId, status, reason, outcome, state, email }: EventDetail): Place {
  const changes = outcome?.changes ?? [];
  const content = (
    <Text size="sm" component="div">
      <Group gap="xs">
        <Status value={status} />
        {contactId === null ? null : (
          <Anchor component={Link} to={`/contacts/${contactId}`} inherit>
            {email ?? contactId}
          </Anchor>
        )}
      </Group>
      {changes.length > 0 ? <div style={{ overflowWrap: 'anywhere' }}>Changed: {changes.join(', ')}</div> : null}
      {status === 'unchanged' ? <div>It has these values already, so nothing was told.</div> : null}
      {contactId === null && reason !== null ? <div>{reason}</div> : null}
    </Text>
  );
  const common = { key: 'contact', icon: IconUser, content };
  if (contactId !== null) return { ...common, title: 'Contact', color: 'teal' };
  if (state === 'done') return { ...common, title: 'No contact', color: 'red' };
  return { ...common, title: 'Contact not known yet', color: 'yellow' };
}

function name({ event, eventKey, status, automations: listening, reason, didYouMean }: EventDetail): Place[] {
  if (event === null) return [];
  const isUnheard = status === 'recorded' && listening.length === 0;
  const content = (
    <Text size="sm" component="div" style={{ overflowWrap: 'anywhere' }}>
      “{event}” is matched as <span className="mono">{eventKey}</span>
      {isUnheard ? (
        <Text inherit fw={600}>
          No automation started: {reason}
          {didYouMean.length > 0 ? `; did you mean ${quoted(didYouMean)}?` : ''}
        </Text>
      ) : null}
    </Text>
  );
  return [{ key: 'name', title: 'Event name', icon: IconTag, color: isUnheard ? 'red' : 'teal', content }];
}

function automations({ automations: listening, runs }: EventDetail): Place[] {
  return listening.map((automation) => {
    const { automationId, ran } = automation;
    const run = runs.find((each) => each.automationId === automationId);
    return {
      key: automationId,
      title: ran ? `Automation ${automation.name}` : `Automation ${automation.name} did not start`,
      icon: IconArrowsSplit,
      color: ran ? 'teal' : 'gray',
      content: <Automation automation={automation} run={run} />,
    };
  });
}

const emailColors: Record<EventDetail['emails'][number]['status'], Place['color']> = {
  ...{ queued: 'yellow', sending: 'yellow', sent: 'teal', delivered: 'teal' },
  ...{ bounced: 'red', complained: 'red', failed: 'red', skipped: 'gray' },
};

function emails({ emails: sent }: EventDetail): Place[] {
  return sent.map(({ id, to, subject, status, reason }) => {
    const content = (
      <Text size="sm" component="div">
        <Group gap="xs">
          <Anchor component={Link} to={`/emails/${id}`} inherit>
            {subject ?? 'not rendered yet'}
          </Anchor>
          <span>to {to}</span>
          <Status value={status} reason={reason} />
        </Group>
        {reason === null ? null : <div>{status === 'skipped' ? `Held back: ${reason}` : reason}</div>}
      </Text>
    );
    return { key: id, title: 'Email', icon: IconMail, color: emailColors[status], content };
  });
}

function webhooks({ webhookEvents }: EventDetail): Place[] {
  return webhookEvents.map((each) => {
    const statuses = each.deliveries.map(({ status }) => status);
    const color = statuses.includes('failed')
      ? 'red'
      : statuses.some((status) => status !== 'delivered')
        ? 'yellow'
        : statuses.length > 0
          ? 'teal'
          : 'gray';
    return {
      ...{ key: each.id, title: `Webhook event ${each.event}`, icon: IconWebhook, color },
      content: <WebhookEvent event={each} />,
    };
  });
}
