import { Alert, Anchor, Collapse, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { CodeArea } from './code-area';
import { hasUnsubscribeLink, type Content } from './content';
import { mistakeAt } from './mistakes';

interface ContentFieldsProps {
  content: Content;
  onChange: (change: Partial<Content>) => void;
  /** What the server has said about it. */
  error: unknown;
}

/** The parts of an email, each with what is wrong with it. */
export function ContentFields({ content, onChange, error }: ContentFieldsProps) {
  const [hasText, setHasText] = useState(content.text !== '');
  return (
    <Stack>
      <TextInput
        label="Subject"
        description="Liquid, as everywhere here: {{ contact.firstName }} is the recipient's first name."
        value={content.subject}
        maxLength={500}
        required
        error={mistakeAt(error, 'subject')?.detail}
        onChange={({ currentTarget }) => onChange({ subject: currentTarget.value })}
      />
      <TextInput
        label="Preview line"
        description="What inboxes show after the subject."
        value={content.preheader}
        maxLength={500}
        error={mistakeAt(error, 'preheader')?.detail}
        onChange={({ currentTarget }) => onChange({ preheader: currentTarget.value })}
      />
      <CodeArea
        label="HTML"
        value={content.html}
        onChange={(html) => onChange({ html })}
        mistake={mistakeAt(error, 'html')}
      />
      {hasUnsubscribeLink(content) ? null : (
        <Alert color="yellow" variant="light" title="No unsubscribe link of your own" role="note">
          Campaigns and automations add a footer with one. To place it yourself, write{' '}
          <span className="mono">{'<a href="{{ unsubscribe_url }}">Unsubscribe</a>'}</span>.
        </Alert>
      )}
      <Text size="sm">
        <Anchor component="button" type="button" size="sm" aria-expanded={hasText} onClick={() => setHasText(!hasText)}>
          Text part
        </Anchor>{' '}
        <Text span c="dimmed" inherit>
          {content.text === '' ? 'is made from the HTML' : 'is your own'}
        </Text>
      </Text>
      <Collapse expanded={hasText}>
        <CodeArea
          label="Text"
          description="For programs that show no HTML. Empty: made from the HTML."
          value={content.text}
          onChange={(text) => onChange({ text })}
          mistake={mistakeAt(error, 'text')}
          rows={8}
        />
      </Collapse>
    </Stack>
  );
}
