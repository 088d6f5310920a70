import { Button, Group, Select, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLive } from '../../../api/live';
import { usePages } from '../../../api/pages';
import { useFilters } from '../../../components/filters';
import { Listing } from '../../../components/listing';
import { Page } from '../../../components/page';
import { Empty } from '../../../components/states';
import { Link } from 'react-router';
import { outcomes } from '../campaigns/outcomes';
import { emailColumns } from './columns';
import { queryOf } from './email-filters';
import { loadEmails } from './queries';

const kinds = ['campaign', 'automation', 'transactional', 'confirmation', 'test'];

/** Every email of the workspace. */
export function EmailsPage() {
  const filters = useFilters(['to', 'contactId', 'campaignId', 'kind', 'outcome']);
  const query = queryOf(filters.get);
  const queries = useQueryClient();
  const list = usePages(['emails', query], (cursor) =>
    loadEmails({ ...query, limit: 50, ...(cursor ? { cursor } : {}) }),
  );
  useLive('emails', () => void queries.invalidateQueries({ queryKey: ['emails'] }));
  const isNarrow = Boolean(query.to ?? query.contactId ?? query.campaignId);
  const choices = Object.entries(outcomes)
    .filter(([value]) => isNarrow || !['waiting', 'opened', 'clicked', 'unsubscribed'].includes(value))
    .map(([value, label]) => ({ value, label }));
  return (
    <Page title="Emails" about="Every email, and what became of it.">
      <Group align="flex-end" gap="sm">
        <AddressFilter
          key={filters.get('to') ?? ''}
          value={filters.get('to') ?? ''}
          set={(to) => filters.set('to', to)}
        />
        <Select
          label="Outcome"
          placeholder="Any"
          clearable
          clearButtonProps={{ 'aria-label': 'All outcomes' }}
          data={choices}
          value={query.outcome ?? null}
          onChange={(value) => filters.set('outcome', value)}
        />
        <Select
          label="Sent by"
          placeholder="Any"
          clearable
          clearButtonProps={{ 'aria-label': 'Sent by anything' }}
          data={kinds}
          value={query.kind ?? null}
          onChange={(value) => filters.set('kind', value)}
          disabled={query.campaignId !== undefined}
        />
        {filters.isSet ? (
          <Button variant="subtle" onClick={filters.clear}>
            Clear filters
          </Button>
        ) : null}
      </Group>
      <Listing
        label="Emails"
        list={list}
        columns={emailColumns}
        href={({ id }) => `/emails/${id}`}
        onClearFilters={filters.isSet ? filters.clear : undefined}
        empty={
          <Empty title="No emails yet">
            Emails are sent by <Link to="/campaigns">campaigns</Link>, <Link to="/automations">automations</Link> and{' '}
            <span className="mono">POST /api/v1/emails</span>.
          </Empty>
        }
      />
    </Page>
  );
}

function AddressFilter({ value, set }: { value: string; set: (to: string) => void }) {
  const [typed, setTyped] = useState(value);
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        set(typed.trim());
      }}
    >
      <TextInput
        label="To"
        type="search"
        placeholder="ada@example.com"
        value={typed}
        onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        onBlur={() => set(typed.trim())}
      />
    </form>
  );
}
