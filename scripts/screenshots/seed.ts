export interface Api {
  (method: string, path: string, body?: unknown): Promise<any>;
}
const names =
  'Ada Grace Alan Edsger Barbara Donald Margaret Tony Frances Ken Radia Dennis Hedy Linus Katherine Niklaus';

/** Fills a fresh workspace with what its pages are to show. Returns the paths of pages with an id. */
export async function seed(api: Api, receiverUrl: string): Promise<Record<string, string>> {
  await api('PATCH', '/api/v1/workspace', { name: 'Acme Inc.' });
  const list = await api('POST', '/api/v1/lists', { name: 'Readers' });
  const welcome = await api('POST', '/api/v1/templates', {
    name: 'Welcome',
    subject: 'Welcome, {{ contact.firstName | default: "friend" }}',
    html: [
      '<h1>Welcome!</h1>',
      '<p>It is good to have you, {{ contact.firstName | default: "friend" }}.</p>',
      '{% if contact.metadata.plan == "pro" %}',
      '<p>Your plan is <strong>pro</strong>: write to us at any time.</p>',
      '{% endif %}',
      '<p><a href="https://example.com/start">Start here</a></p>',
      '<p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p>',
    ].join('\n'),
  });
  const automation = await api('POST', '/api/v1/automations', {
    name: 'After a purchase',
    status: 'active',
    trigger: { type: 'CUSTOM_EVENT', eventName: 'Purchase Completed' },
    steps: [
      { type: 'addToList', listId: list.id },
      {
        type: 'condition',
        if: { field: 'properties.amount', op: 'gte', value: 50 },
        then: [{ type: 'sendEmail', templateId: welcome.id }],
        else: [{ type: 'wait', duration: '2d' }],
      },
      { type: 'wait', duration: '3d' },
      { type: 'updateContact', traits: { segment: 'buyers' } },
    ],
  });
  const endpoint = (path: string, description: string): Promise<any> =>
    api('POST', '/api/v1/webhooks', { url: receiverUrl + path, description });
  await endpoint('/ok', 'Data warehouse');
  await endpoint('/fail/2', 'Sales desk');
  const broken = await endpoint('/status/500', 'Billing');

  const people = names.split(' ').map((name, index) => ({ name, email: `${name.toLowerCase()}@example.com`, index }));
  for (const { name, email, index } of people) {
    const traits = { email, firstName: name, plan: index % 3 === 0 ? 'pro' : 'free' };
    await api('POST', '/api/segment/track', {
      type: 'identify',
      messageId: `identify-${index}`,
      userId: `user_${index}`,
      traits,
    });
    const event = index % 5 === 4 ? 'purchase-completed' : index % 7 === 6 ? 'Purchase Complete' : 'Purchase Completed';
    const properties = { amount: 20 + index * 7, currency: 'EUR' };
    await api('POST', '/api/rudderstack/track', {
      type: 'track',
      messageId: `track-${index}`,
      userId: `user_${index}`,
      event,
      properties,
    });
  }
  await api('POST', '/api/segment/track', { type: 'track', userId: 'user_1' }).catch(() => undefined);
  const campaign = await api('POST', '/api/v1/campaigns', {
    name: 'November letter',
    subject: 'What is new in November',
    html: '<h1>News</h1><p>Read <a href="https://example.com/november">what is new</a>.</p>',
    listIds: [list.id],
  });
  const find = async <Found>(what: string, ask: () => Promise<Found | undefined | false>): Promise<Found> => {
    for (const endMs = Date.now() + 60_000; Date.now() < endMs; await pause(300)) {
      const found = await ask();
      if (found) return found;
    }
    throw new Error(`${what}: not within a minute`);
  };
  await find(
    'everybody on the list',
    async () => (await api('GET', `/api/v1/lists/${list.id}/contacts`)).data.length >= 10,
  );
  await api('POST', `/api/v1/campaigns/${campaign.id}/send`, {});
  await find('the campaign', async () => (await api('GET', `/api/v1/campaigns/${campaign.id}`)).status === 'sent');
  await openSome(api);
  const delivery = await find('a delivery with three attempts', async () => {
    const { data } = await api('GET', `/api/v1/webhook-deliveries?endpointId=${broken.id}&status=retrying`);
    return data.find((row: any) => row.attemptCount >= 3);
  });
  const { data: events } = await api('GET', '/api/v1/events?limit=100');
  const trace = events.find((event: any) => event.event === 'Purchase Complete');
  const { data: contacts } = await api('GET', '/api/v1/contacts?email=ada@example.com');
  return {
    delivery: `/deliveries/${delivery.id}`,
    event: `/events/${trace.id}`,
    automation: `/automations/${automation.id}`,
    campaign: `/campaigns/${campaign.id}`,
    contact: `/contacts/${contacts[0].id}`,
    endpoint: `/settings/webhooks/${broken.id}`,
    template: `/templates/${welcome.id}`,
  };
}

/** Some open what they were sent, and some of those click. */
async function openSome(api: Api): Promise<void> {
  const { data } = await api('GET', '/api/v1/mailbox?limit=40');
  for (const [index, { raw }] of data.entries()) {
    const text = String(raw)
      .replace(/=\r?\n/g, '')
      .replaceAll('=3D', '=');
    const [pixel] = /https?:\/\/[^"\s]+\/t\/o\/[^"\s]+/.exec(text) ?? [];
    const [link] = /https?:\/\/[^"\s]+\/t\/c\/[^"\s]+/.exec(text) ?? [];
    if (index % 3 !== 0 && pixel) await fetch(pixel);
    if (index % 4 === 1 && link) await fetch(link, { redirect: 'manual' });
  }
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
