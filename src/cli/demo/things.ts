import { z } from 'zod';
import { CliError } from '../outcome';
import type { Api } from '../api';

/** What the demonstration works with; each is found again by its name. */
export interface DemoThings {
  listId: string;
  automationId: string;
  templateId: string;
  /** Absent where this server does not let a webhook reach the receiver. */
  endpointId?: string;
  whyNoEndpoint?: string;
  /** In words, what is new. */
  made: string[];
}

export const demoName = 'esx demo';
export const demoEvent = 'Demo Purchase';

const text = z.string();
const row = z.object({ id: text, name: text });
const page = z.object({ data: z.array(row) });
const endpointRow = z.object({ id: text, url: text, description: text, status: text });
const endpointPage = z.object({ data: z.array(endpointRow) });
const newEndpoint = z.object({ id: text, secret: text });
const idSchema = z.object({ id: text });
const pageLimit = 250;

const templateBody = {
  name: demoName,
  subject: 'Thank you, {{ contact.firstName }}',
  html: '<p>You bought {{ event.properties.product }}. <a href="https://example.com/orders">Your orders</a></p>',
};

/** Makes what is not there yet. */
export async function ensureThings(api: Api, receiverUrl: string): Promise<DemoThings & { secret?: string }> {
  const made: string[] = [];
  const ensure = async (path: string, body: () => object): Promise<string> => {
    const found = await findNamed(api, path);
    if (found !== undefined) return found;
    const { data } = await api.post(path, idSchema, body());
    made.push(`${path.slice(1)} ${data.id}`);
    return data.id;
  };
  const listId = await ensure('/lists', () => ({ name: demoName }));
  const templateId = await ensure('/templates', () => templateBody);
  const automationId = await ensure('/automations', () => ({
    name: demoName,
    status: 'active',
    trigger: { type: 'CUSTOM_EVENT', eventName: demoEvent },
    steps: [{ type: 'sendEmail', templateId }],
  }));
  const endpoint = await ensureEndpoint(api, receiverUrl);
  if (endpoint.isNew) made.push(`webhooks ${endpoint.endpointId}`);
  const { isNew: _isNew, ...rest } = endpoint;
  return { listId, templateId, automationId, made, ...rest };
}

async function findNamed(api: Api, path: string): Promise<string | undefined> {
  const { data } = await api.get(path, page, { limit: pageLimit });
  return data.data.find(({ name }) => name === demoName)?.id;
}

async function findEndpoint(api: Api): Promise<z.infer<typeof endpointRow> | undefined> {
  const { data } = await api.get('/webhooks', endpointPage, { limit: pageLimit });
  return data.data.find(({ description }) => description === demoName);
}

type EndpointFound = Pick<DemoThings, 'endpointId' | 'whyNoEndpoint'> & { isNew?: true; secret?: string };

/** A receiver of this machine may have another port this time. */
async function ensureEndpoint(api: Api, receiverUrl: string): Promise<EndpointFound> {
  const url = `${receiverUrl}/ok`;
  try {
    const found = await findEndpoint(api);
    if (!found) {
      const body = { url, description: demoName, events: ['contact.created', 'contact.updated', 'email.delivered'] };
      const { data } = await api.post('/webhooks', newEndpoint, body);
      return { endpointId: data.id, secret: data.secret, isNew: true };
    }
    if (found.url !== url || found.status !== 'active') {
      await api.call('PATCH', `/api/v1/webhooks/${found.id}`, { body: { url, status: 'active' } });
    }
    return { endpointId: found.id };
  } catch (error) {
    // A hobby plan, ten endpoints already, or a server of the world, which may not call this machine.
    if (error instanceof CliError && !error.isTemporary) return { whyNoEndpoint: error.message };
    throw error;
  }
}

/** Nothing answers there any more: what comes is held, and not tried in vain. */
export async function pauseEndpoint(api: Api, endpointId: string): Promise<void> {
  await api.call('PATCH', `/api/v1/webhooks/${endpointId}`, { body: { status: 'paused' } });
}

/** Removes what the demonstration has made. Returns what there was, in words. */
export async function removeThings(api: Api, email: string): Promise<string[]> {
  const removed: string[] = [];
  const remove = async (path: string, id: string | undefined): Promise<void> => {
    if (id === undefined) return;
    await api.call('DELETE', `/api/v1${path}/${id}`);
    removed.push(`${path.slice(1)} ${id}`);
  };
  await remove('/webhooks', (await findEndpoint(api))?.id);
  for (const path of ['/automations', '/templates', '/lists']) await remove(path, await findNamed(api, path));
  const contacts = await api.get('/contacts', z.object({ data: z.array(idSchema) }), { email, limit: 1 });
  await remove('/contacts', contacts.data.data[0]?.id);
  return removed;
}
