import { Group, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { api, ApiError, read } from '../../../api/client';
import { useConfirm } from '../../../components/confirm';
import { GuardedButton } from '../../../components/guarded-button';
import { showDone, showError } from '../../../components/notify';
import { SendTest } from '../parts/send-test';
import { unguarded, useLeaveGuard } from '../../../components/leave-guard';
import { CampaignForm } from './campaign-form';
import { bodyOf, missingIn, type Draft } from './draft';
import { useAudience } from './queries';
import type { Campaign } from './types';
import { SendQuestion } from './send-question';

interface DraftEditorProps {
  initial: Draft;
  /** Absent while it is not saved. */
  campaign?: Campaign;
}

/** A campaign that has not begun: written, saved, tried, sent. */
export function DraftEditor({ initial, campaign }: DraftEditorProps) {
  const [kept, setKept] = useState(initial);
  const [draft, setDraft] = useState(initial);
  const audience = useAudience(draft.listIds);
  const ask = useConfirm();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const isDirty = JSON.stringify(draft) !== JSON.stringify(kept);
  useLeaveGuard(isDirty);
  const missing = missingIn(draft);

  const show = async (stored: Campaign): Promise<void> => {
    queries.setQueryData(['campaign', stored.id], stored);
    void queries.invalidateQueries({ queryKey: ['campaigns'] });
    if (!campaign) await navigate(`/campaigns/${stored.id}`, { replace: true, state: unguarded });
  };
  const store = async (): Promise<Campaign> => {
    if (campaign && !isDirty) return campaign;
    const stored = await keep(draft, campaign);
    setKept(draft);
    return stored;
  };
  const save = useMutation({
    mutationFn: store,
    meta: { isHandled: true },
    onError: showUnlessAtField,
    onSuccess: tell,
  });
  const send = useMutation({
    mutationFn: async () => {
      const { id } = await store();
      const { scheduledAt } = bodyOf(draft);
      return read(api.POST('/api/v1/campaigns/{id}/send', { params: { path: { id } }, body: { scheduledAt } }));
    },
    meta: { isHandled: true },
    onMutate: () => save.reset(),
    onError: showUnlessAtField,
    onSuccess: show,
  });
  async function tell(stored: Campaign): Promise<void> {
    showDone('The campaign is saved.');
    await show(stored);
  }
  const isLater = draft.when === 'later';
  const askAndSend = async (): Promise<void> => {
    const { data } = await audience.refetch();
    const question = {
      title: isLater ? 'Schedule this campaign?' : 'Send this campaign?',
      text: <SendQuestion draft={draft} audience={data} />,
      action: isLater ? 'Schedule it' : 'Send it now',
    };
    if (await ask(question)) send.mutate();
  };
  const sendTest = (to: string) => {
    const params = { path: { id: campaign?.id ?? '' } };
    return read(api.POST('/api/v1/campaigns/{id}/test', { params, body: { to } }));
  };
  return (
    <Stack>
      <CampaignForm
        draft={draft}
        onChange={(change) => setDraft((before) => ({ ...before, ...change }))}
        audience={audience}
        error={save.error ?? send.error}
      />
      <Group>
        <GuardedButton reason={missing} loading={send.isPending} onClick={() => void askAndSend()}>
          {isLater ? 'Schedule…' : 'Send…'}
        </GuardedButton>
        <GuardedButton
          variant="default"
          loading={save.isPending}
          reason={missing ?? (isDirty || !campaign ? undefined : 'Nothing was changed.')}
          onClick={() => save.mutate()}
        >
          {campaign ? 'Save' : 'Save as a draft'}
        </GuardedButton>
        <SendTest
          send={sendTest}
          reason={!campaign || isDirty ? 'Save it first: a test shows what is saved.' : undefined}
        />
        {isDirty && campaign ? (
          <Text size="sm" c="dimmed">
            Not saved yet
          </Text>
        ) : null}
      </Group>
    </Stack>
  );
}

async function keep(draft: Draft, campaign: Campaign | undefined): Promise<Campaign> {
  const { scheduledAt, ...body } = bodyOf(draft);
  if (!campaign) return read(api.POST('/api/v1/campaigns', { body: { ...body, scheduledAt } }));
  // One that is scheduled is not taken off its schedule by saving, but by sending, pausing or cancelling it.
  const isKept = campaign.status === 'scheduled' && scheduledAt === null;
  const params = { path: { id: campaign.id } };
  return read(api.PATCH('/api/v1/campaigns/{id}', { params, body: { ...body, ...(isKept ? {} : { scheduledAt }) } }));
}

const shownAtFields = /^\/(name|subject|preheader|html|text|templateId|listIds|from|ratePerSecond|scheduledAt)$/;

function showUnlessAtField(error: unknown): void {
  const errors = error instanceof ApiError ? error.problem?.errors : undefined;
  if (!errors?.every(({ pointer }) => shownAtFields.test(pointer))) showError(error);
}
