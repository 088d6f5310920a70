import { Anchor, Box, Collapse, Group, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { CodeArea } from './code-area';
import { ContactChoice } from './contact-choice';
import { sampleMistakes, type Sample } from './sample';

/** Whom the preview is for. */
export function SampleFields({ sample, onChange }: { sample: Sample; onChange: (change: Partial<Sample>) => void }) {
  const [isOpen, { toggle }] = useDisclosure(false);
  const mistakes = sampleMistakes(sample);
  const field = (name: 'email' | 'firstName' | 'lastName', label: string) => (
    <TextInput
      label={label}
      value={sample[name]}
      disabled={sample.contactId !== ''}
      onChange={({ currentTarget }) => onChange({ [name]: currentTarget.value })}
      flex="1 1 140px"
    />
  );
  const json = (name: 'metadata' | 'data' | 'properties', label: string, description: string) => (
    <CodeArea
      label={label}
      description={description}
      value={sample[name]}
      onChange={(value) => onChange({ [name]: value })}
      mistake={mistakes[name] === undefined ? undefined : { detail: mistakes[name] }}
      rows={3}
      isDisabled={name === 'metadata' && sample.contactId !== ''}
    />
  );
  return (
    <Box>
      <Text size="sm">
        <Anchor component="button" type="button" size="sm" aria-expanded={isOpen} onClick={toggle}>
          Sample values
        </Anchor>{' '}
        <Text span c="dimmed" inherit>
          {sample.contactId === '' ? `shown for ${sample.firstName || sample.email}` : 'shown for a contact of yours'}
        </Text>
      </Text>
      <Collapse expanded={isOpen}>
        <Stack gap="sm" pt="sm">
          <ContactChoice contactId={sample.contactId} onChange={(contactId) => onChange({ contactId })} />
          <Group align="flex-end" gap="sm">
            {field('firstName', 'First name')}
            {field('lastName', 'Last name')}
            {field('email', 'Email address')}
          </Group>
          {json('metadata', 'Metadata', '{{ contact.metadata.… }}')}
          {json('data', 'Data', '{{ data.… }}, of single emails')}
          <TextInput
            label="Event"
            description="{{ event.name }}, in automations"
            value={sample.eventName}
            onChange={({ currentTarget }) => onChange({ eventName: currentTarget.value })}
          />
          {json('properties', 'Properties', '{{ event.properties.… }}')}
        </Stack>
      </Collapse>
    </Box>
  );
}
