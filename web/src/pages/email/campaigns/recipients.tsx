import { Button, Group, List, Select, Text, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { api, read } from '../../../api/client';
import { useLive } from '../../../api/live';
import { usePages } from '../../../api/pages';
import { useFilters } from '../../../components/filters';
import { Listing } from '../../../components/listing';
import { Empty } from '../../../components/states';
import { emailColumns } from '../emails/columns';
import { count } from './figures';
import { isOutcome, outcomes } from './outcomes';
import type { Results } from './types';

const choices = Object.entries(outcomes).map(([value, label]) => ({ value, label }));

/** Everyone whose email it is, by what became of it, with the reason. */
export function Recipients({ campaignId, skippedBy }: { campaignId: string; skippedBy: Results['skippedBy'] }) {
  const filters = useFilters(['outcome']);
  const chosen = filters.get('outcome');
  const outcome = isOutcome(chosen) ? chosen : undefined;
  const queries = useQueryClient();
  const query = { campaignId, limit: 50, ...(outcome ? { outcome } : {}) };
  const list = usePages(['emails', campaignId, outcome], (cursor) =>
    read(api.GET('/api/v1/emails', { params: { query: { ...query, ...(cursor ? { cursor } : {}) } } })),
  );
  useLive('campaigns', ({ ids, isAll }) => {
    if (isAll || ids.includes(campaignId)) void queries.invalidateQueries({ queryKey: ['emails', campaignId] });
  });
  const file = `/api/v1/campaigns/${campaignId}/recipients.csv${outcome ? `?outcome=${outcome}` : ''}`;
  return (
    <section aria-labelledby="recipients">
      <Group justify="space-between" align="flex-end" mb="sm">
        <Title order={2} size="h4" id="recipients">
          Recipients
        </Title>
        <Group align="flex-end">
          <Select
            label="Outcome"
            placeholder="Any"
            clearable
            clearButtonProps={{ 'aria-label': 'All outcomes' }}
            data={choices}
            value={outcome ?? null}
            onChange={(value) => filters.set('outcome', value)}
            size="xs"
          />
          <Button component="a" href={file} download variant="default" size="xs">
            Download CSV
          </Button>
        </Group>
      </Group>
      {outcome === 'skipped' && skippedBy.length > 0 ? (
        <List size="sm" mb="sm" aria-label="Why they were skipped">
          {skippedBy.map(({ reason, count: skipped }) => (
            <List.Item key={reason}>
              {count(skipped)}: {reason}
            </List.Item>
          ))}
        </List>
      ) : null}
      <Listing
        label="Recipients"
        list={list}
        columns={emailColumns.filter(({ title }) => title !== 'Email' && title !== 'Sent by')}
        href={({ id }) => `/emails/${id}`}
        onClearFilters={filters.isSet ? filters.clear : undefined}
        empty={
          <Empty title="Nobody yet">
            <Text inherit>Recipients appear here as the campaign comes to them.</Text>
          </Empty>
        }
      />
    </section>
  );
}
