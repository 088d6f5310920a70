import { Button, Card, Group, NativeSelect, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useSearchParams } from 'react-router';
import { api, read } from '../../api/client';
import { Page } from '../../components/page';
import { Empty, Loaded } from '../../components/states';
import { WhyAnswer } from './why-answer';

const names = ['contact', 'event', 'automation', 'messageId'] as const;
type Question = Record<(typeof names)[number], string>;

/** Why something happened, or did not. The question stands in the URL: other pages ask by a link. */
export function Why() {
  const [params, setParams] = useSearchParams();
  const asked: Question = {
    contact: params.get('contact') ?? '',
    event: params.get('event') ?? '',
    automation: params.get('automation') ?? '',
    messageId: params.get('messageId') ?? '',
  };
  const isAsked = names.some((name) => asked[name] !== '');
  const query = useQuery({
    queryKey: ['why', asked],
    queryFn: () => read(api.GET('/api/v1/why', { params: { query: filled(asked) } })),
    enabled: isAsked,
    placeholderData: keepPreviousData,
  });
  return (
    <Page
      title="Why?"
      about="Why something happened, or why nothing did: for any contact, event, automation or message."
    >
      <QuestionForm
        asked={asked}
        onAsk={(question) => {
          // The same question again is asked anew.
          if (names.every((name) => question[name] === asked[name])) void query.refetch();
          else setParams(filled(question));
        }}
      />
      {isAsked ? (
        <Loaded query={query}>{(answer) => <WhyAnswer answer={answer} />}</Loaded>
      ) : (
        <Empty title="Ask for a contact, an event, or both">
          Name whom you miss something for, and what should have happened. The answer goes along the way that a message
          takes, and says where it ended.
        </Empty>
      )}
    </Page>
  );
}

function filled(question: Question): Partial<Question> {
  return Object.fromEntries(Object.entries(question).filter(([, value]) => value !== ''));
}

function QuestionForm({ asked, onAsk }: { asked: Question; onAsk: (question: Question) => void }) {
  const form = useForm<Question>({
    initialValues: asked,
    validate: (question) =>
      names.every((name) => question[name].trim() === '') ? { contact: 'Fill in at least one of the four' } : {},
  });
  const automations = useQuery({
    queryKey: ['automations', 'names'],
    queryFn: () => read(api.GET('/api/v1/automations', { params: { query: { limit: 250 } } })),
  });
  const text = names.map((name) => asked[name]).join('\n');
  // A link from another page asks another question on the same page.
  useEffect(() => form.setValues(asked), [text]);
  const known = automations.data?.data ?? [];
  const choices = known.map(({ id, name }) => ({ value: id, label: name }));
  const isStrange = asked.automation !== '' && automations.data && !known.some(({ id }) => id === asked.automation);
  return (
    <Card withBorder component="form" onSubmit={form.onSubmit((question) => onAsk(trimmed(question)))}>
      <Stack gap="sm">
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }} spacing="sm">
          <TextInput label="Contact" placeholder="email address, user id or id" {...form.getInputProps('contact')} />
          <TextInput label="Event name" placeholder="Purchase Completed" {...form.getInputProps('event')} />
          <NativeSelect
            label="Automation"
            data={[
              { value: '', label: 'Any' },
              ...choices,
              ...(isStrange ? [{ value: asked.automation, label: asked.automation }] : []),
            ]}
            {...form.getInputProps('automation')}
          />
          <TextInput label="messageId" {...form.getInputProps('messageId')} />
        </SimpleGrid>
        <Group>
          <Button type="submit">Ask</Button>
        </Group>
      </Stack>
    </Card>
  );
}

function trimmed({ contact, event, automation, messageId }: Question): Question {
  return { contact: contact.trim(), event: event.trim(), automation, messageId: messageId.trim() };
}
