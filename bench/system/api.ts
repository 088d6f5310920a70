import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { WebhookEventType } from '../../domain/webhook-events';

const withId = z.object({ id: z.string() });
const page = z.object({ data: z.array(z.looseObject({ id: z.string() })), nextCursor: z.string().nullable() });
const deliveryDetail = z.object({
  id: z.string(),
  status: z.string(),
  attempts: z.array(z.object({ number: z.int(), at: z.iso.datetime(), durationMs: z.number() })),
});
export type DeliveryDetail = z.infer<typeof deliveryDetail>;

/** Below the product's limit of 6,000 management calls a minute. */
const callsPerSecond = 90;

/** The management calls that scenarios make, for one workspace. */
export class Api {
  private nextCallAtMs = 0;

  constructor(
    private readonly url: string,
    private readonly apiKey: string,
  ) {}

  async addEndpoint(url: string, events: readonly WebhookEventType[]): Promise<string> {
    return withId.parse(await this.call('POST', '/webhooks', { url, events })).id;
  }

  /** How many deliveries of an endpoint stand as failed. */
  async failedCount(endpointId: string, since: Date): Promise<number> {
    const body = { since: since.toISOString(), dryRun: true };
    return z.object({ failed: z.int() }).parse(await this.call('POST', `/webhooks/${endpointId}/recover`, body)).failed;
  }

  async recover(endpointId: string, since: Date): Promise<void> {
    await this.call('POST', `/webhooks/${endpointId}/recover`, { since: since.toISOString() });
  }

  async recovered(endpointId: string, since: Date): Promise<{ signalled: number; isDone: boolean }> {
    const answer = await this.call('GET', `/webhooks/${endpointId}/recover?since=${since.toISOString()}`);
    return z.object({ signalled: z.int(), isDone: z.boolean() }).parse(answer);
  }

  async pause(endpointId: string): Promise<void> {
    await this.call('PATCH', `/webhooks/${endpointId}`, { status: 'paused' });
  }

  async *deliveryIds(endpointId: string): AsyncGenerator<string> {
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = `endpointId=${endpointId}&limit=250${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const found: z.infer<typeof page> = page.parse(await this.call('GET', `/webhook-deliveries?${query}`));
      yield* found.data.map(({ id }) => id);
      cursor = found.nextCursor;
    }
  }

  async delivery(id: string): Promise<DeliveryDetail> {
    return deliveryDetail.parse(await this.call('GET', `/webhook-deliveries/${id}`));
  }

  async addList(name: string): Promise<string> {
    return withId.parse(await this.call('POST', '/lists', { name })).id;
  }

  /** Adds a campaign and sends it. */
  async sendCampaign(campaign: {
    name: string;
    subject: string;
    html: string;
    text: string;
    listIds: string[];
    ratePerSecond: number;
  }): Promise<string> {
    const { id } = withId.parse(await this.call('POST', '/campaigns', campaign));
    await this.call('POST', `/campaigns/${id}/send`, {});
    return id;
  }

  async campaignStatus(id: string): Promise<string> {
    return z.object({ status: z.string() }).parse(await this.call('GET', `/campaigns/${id}`)).status;
  }

  private async call(method: string, path: string, body?: unknown): Promise<unknown> {
    await this.untilAllowed();
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.apiKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 500)}`);
    return JSON.parse(text);
  }

  private async untilAllowed(): Promise<void> {
    const nowMs = Date.now();
    const atMs = Math.max(nowMs, this.nextCallAtMs);
    this.nextCallAtMs = atMs + 1_000 / callsPerSecond;
    if (atMs > nowMs) await sleep(atMs - nowMs);
  }
}
