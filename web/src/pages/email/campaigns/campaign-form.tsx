import { MultiSelect, NumberInput, SegmentedControl, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { api, read } from '../../../api/client';
import { ContentFields } from '../parts/content-fields';
import { mistakeAt } from '../parts/mistakes';
import { PreviewPane } from '../parts/preview-pane';
import { firstSample } from '../parts/sample';
import { SampleFields } from '../parts/sample-fields';
import { usePreview } from '../parts/use-preview';
import { useTemplate } from '../templates/queries';
import { AudienceNote } from './audience-note';
import type { Draft } from './draft';
import { useLists, type useAudience } from './queries';
import { ScheduleFields } from './schedule-fields';

interface CampaignFormProps {
  draft: Draft;
  onChange: (change: Partial<Draft>) => void;
  audience: ReturnType<typeof useAudience>;
  /** What the server has said about it. */
  error: unknown;
}

/** All that there is to say of a campaign, with the email as it will look. */
export function CampaignForm({ draft, onChange, audience, error }: CampaignFormProps) {
  const [sample, setSample] = useState(firstSample);
  const lists = useLists();
  const templates = useQuery({
    queryKey: ['templates', 'all'],
    queryFn: () => read(api.GET('/api/v1/templates', { params: { query: { limit: 250 } } })),
  });
  const template = useTemplate(draft.source === 'template' ? (draft.templateId ?? undefined) : undefined);
  const { subject } = draft;
  const content =
    draft.source === 'own'
      ? draft
      : { html: template.data?.html ?? '<p></p>', text: template.data?.text ?? '', preheader: draft.preheader };
  const preview = usePreview({ subject, preheader: content.preheader, html: content.html, text: content.text }, sample);
  const chooseTemplate = (templateId: string | null): void => {
    const chosen = templates.data?.data.find(({ id }) => id === templateId);
    // What is written already stays.
    onChange({ templateId, ...(chosen && subject === '' ? { subject: chosen.subject } : {}) });
  };
  const options = (rows: { id: string; name: string }[] | undefined) =>
    (rows ?? []).map(({ id, name }) => ({ value: id, label: name }));
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="xl">
      <Stack>
        <TextInput
          label="Name"
          description="For you; it also stands in webhook events as campaignName."
          value={draft.name}
          maxLength={200}
          required
          error={mistakeAt(error, 'name')?.detail}
          onChange={({ currentTarget }) => onChange({ name: currentTarget.value })}
        />
        <Stack gap={4}>
          <MultiSelect
            label="Lists"
            description="Who is on several of them gets one email."
            placeholder={draft.listIds.length === 0 ? 'Choose one or more' : ''}
            data={options(lists.data?.data)}
            value={draft.listIds}
            onChange={(listIds) => onChange({ listIds })}
            searchable
            required
            nothingFoundMessage="No list has that name"
            error={mistakeAt(error, 'listIds')?.detail}
          />
          {lists.data?.data.length === 0 ? (
            <Text size="sm">
              There is no list yet: <Link to="/lists">add one</Link> first.
            </Text>
          ) : (
            <AudienceNote query={audience} hasLists={draft.listIds.length > 0} />
          )}
        </Stack>
        <SegmentedControl
          aria-label="Where the content is from"
          value={draft.source}
          onChange={(source) => onChange({ source: source === 'template' ? 'template' : 'own' })}
          data={[
            { value: 'own', label: 'Write it here' },
            { value: 'template', label: 'From a template' },
          ]}
        />
        {draft.source === 'own' ? (
          <ContentFields content={draft} onChange={onChange} error={preview.error} />
        ) : (
          <>
            <Select
              label="Template"
              description="Taken as it is when the campaign begins."
              placeholder="Choose one"
              data={options(templates.data?.data)}
              value={draft.templateId}
              onChange={chooseTemplate}
              searchable
              required
              nothingFoundMessage="No template has that name"
              error={mistakeAt(error, 'templateId')?.detail}
            />
            <TextInput
              label="Subject"
              description="The campaign's own; Liquid, such as {{ contact.firstName }}."
              value={subject}
              maxLength={500}
              required
              error={mistakeAt(preview.error, 'subject')?.detail}
              onChange={({ currentTarget }) => onChange({ subject: currentTarget.value })}
            />
          </>
        )}
        <TextInput
          label="From"
          description="An address of a verified sending domain, such as News <news@acme.com>. Empty: the installation's sender."
          value={draft.from}
          maxLength={320}
          error={mistakeAt(error, 'from')?.detail}
          onChange={({ currentTarget }) => onChange({ from: currentTarget.value })}
        />
        <NumberInput
          label="Emails a second, at most"
          value={draft.ratePerSecond}
          min={0.01}
          max={10_000}
          error={mistakeAt(error, 'ratePerSecond')?.detail}
          onChange={(ratePerSecond) => onChange({ ratePerSecond })}
        />
        <ScheduleFields when={draft.when} at={draft.at} onChange={onChange} error={error} />
      </Stack>
      <Stack>
        <SampleFields sample={sample} onChange={(changed) => setSample((before) => ({ ...before, ...changed }))} />
        <PreviewPane preview={preview} />
      </Stack>
    </SimpleGrid>
  );
}
