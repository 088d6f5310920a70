import { Button, Card, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { useParams } from 'react-router';
import { useConfirm } from '../../components/confirm';
import { Json } from '../../components/copy';
import { endpointName } from '../../components/endpoint-name';
import { GuardedButton } from '../../components/guarded-button';
import { showDone } from '../../components/notify';
import { Page } from '../../components/page';
import { Loaded } from '../../components/states';
import { TemporalButton } from '../../components/temporal-link';
import { Attempts } from './attempts';
import { DeliveryFacts } from './delivery-facts';
import { useCancel, useDelivery, type Delivery } from './queries';
import { retriggerWords, useRetriggering } from './retrigger';
import { SendToLaptop } from './send-to-laptop';
import { ShareDialog } from './share-dialog';
import { Timeline } from './timeline';

const back = { to: '/deliveries', label: 'Deliveries' };

export function DeliveryPage() {
  const { id = '' } = useParams();
  const query = useDelivery(id);
  if (!query.data) {
    return (
      <Page title="Delivery" back={back}>
        <Loaded query={query}>{() => null}</Loaded>
      </Page>
    );
  }
  const delivery = query.data;
  return (
    <Page
      title={`${delivery.event} → ${nameOf(delivery.endpoint)}`}
      back={back}
      actions={<Actions delivery={delivery} />}
    >
      <DeliveryFacts delivery={delivery} />
      <Timeline timeline={delivery.timeline} attempts={delivery.attempts} status={delivery.status} />
      <Attempts attempts={delivery.attempts} body={delivery.body} />
      <Card withBorder p="md" component="section" aria-labelledby="payload">
        <Title order={2} size="h4" id="payload" mb="sm">
          Payload
        </Title>
        {delivery.payload === null ? (
          <Text size="sm">It was erased with the person that it was about.</Text>
        ) : (
          <Json value={delivery.payload} label="payload" />
        )}
      </Card>
      <Card withBorder p="md" component="section" aria-labelledby="laptop">
        <Title order={2} size="h4" id="laptop" mb="sm">
          Send to my laptop
        </Title>
        <SendToLaptop deliveryId={delivery.id} />
      </Card>
    </Page>
  );
}

function nameOf({ url, description }: Delivery['endpoint']): string {
  return url === null ? 'a deleted endpoint' : endpointName({ url, description });
}

function Actions({ delivery }: { delivery: Delivery }) {
  const { id, status, endpoint, payload, temporalUrl } = delivery;
  const ask = useConfirm();
  const { sendAgain, isPending } = useRetriggering(delivery);
  const cancel = useCancel(id);
  const [isSharing, setIsSharing] = useState(false);
  const stop = async (): Promise<void> => {
    const isAgreed = await ask({
      title: 'Cancel this delivery?',
      text: 'No further attempts are made. A retrigger brings it back.',
      action: 'Cancel delivery',
      isDangerous: true,
    });
    if (isAgreed) cancel.mutate(undefined, { onSuccess: ({ detail }) => showDone(`Queued. ${detail}`) });
  };
  return (
    <>
      <GuardedButton
        loading={isPending}
        reason={reasonNotToSend(endpoint, payload === null)}
        onClick={() => void sendAgain()}
      >
        {retriggerWords[status]}
      </GuardedButton>
      <GuardedButton
        variant="default"
        loading={cancel.isPending}
        reason={
          status === 'delivered' || status === 'cancelled' ? `It is ${status}: there is nothing to cancel.` : undefined
        }
        onClick={() => void stop()}
      >
        Cancel
      </GuardedButton>
      <Button variant="default" onClick={() => setIsSharing(true)}>
        Share
      </Button>
      <TemporalButton url={temporalUrl} />
      <ShareDialog deliveryId={id} isOpen={isSharing} onClose={() => setIsSharing(false)} />
    </>
  );
}

function reasonNotToSend({ status, statusReason }: Delivery['endpoint'], isErased: boolean): string | undefined {
  if (status === 'deleted') return 'Its endpoint was deleted.';
  if (isErased) return 'Its payload was erased with the person that it was about.';
  if (status === 'active') return undefined;
  return `Its endpoint is ${status}${statusReason === null ? '' : ` (${statusReason})`}: resume it first.`;
}
