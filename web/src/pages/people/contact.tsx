import { Button, Grid, Stack, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { ApiError } from '../../api/client';
import { useLive } from '../../api/live';
import { Page } from '../../components/page';
import { Loaded } from '../../components/states';
import { nameOf } from './contact-columns';
import { ContactFields } from './contact-fields';
import { ContactLists } from './contact-lists';
import { ContactTraits } from './contact-traits';
import { EraseContact } from './erase-contact';
import { Erasure } from './erasure';
import { contactKey, loadContact } from './queries';
import { ContactTimeline } from './timeline';

const back = { to: '/contacts', label: 'Contacts' };

export function ContactPage() {
  const { id = '' } = useParams();
  const queries = useQueryClient();
  const query = useQuery({ queryKey: contactKey(id), queryFn: () => loadContact(id) });
  useLive('contacts', ({ ids, isAll }) => {
    if (isAll || ids.includes(id)) void queries.invalidateQueries({ queryKey: contactKey(id) });
  });
  const contact = query.data;
  if (query.error instanceof ApiError && query.error.status === 404) {
    return (
      <Page title="Contact" back={back}>
        <Erasure contactId={id} />
      </Page>
    );
  }
  return (
    <Page
      title={contact === undefined ? 'Contact' : (nameOf(contact) ?? contact.email)}
      about={contact && nameOf(contact) ? contact.email : undefined}
      back={back}
      actions={
        contact ? (
          <>
            <Button variant="default" component={Link} to={`/why?contact=${encodeURIComponent(contact.id)}`}>
              Why did nothing happen?
            </Button>
            <EraseContact contact={contact} />
          </>
        ) : null
      }
    >
      <Loaded query={query}>
        {(data) => (
          <Grid gap="xl">
            <Grid.Col span={{ base: 12, md: 5 }}>
              <Stack gap="xl">
                <ContactFields key={data.id} contact={data} />
                <ContactLists contact={data} />
                <ContactTraits contact={data} />
              </Stack>
            </Grid.Col>
            <Grid.Col span={{ base: 12, md: 7 }}>
              <Title order={2} size="h4" mb="md">
                What happened
              </Title>
              <ContactTimeline contactId={data.id} />
            </Grid.Col>
          </Grid>
        )}
      </Loaded>
    </Page>
  );
}
