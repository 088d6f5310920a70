import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { cdpSources, sampleIdentify, type CdpSource } from '../../domain/cdp-samples';
import type { Receiver } from '../ingest/receive';
import type { WorkspaceStore } from '../mongo/workspaces';
import { bodyOf } from './body-schema';
import { notFound, Problem } from './problem';
import { route, type Route } from './route';

const names: Record<CdpSource, string> = { segment: 'Segment', rudderstack: 'RudderStack' };

const integrationSchema = z.object({
  source: z.enum(cdpSources),
  name: z.string(),
  method: z.literal('POST'),
  url: z.url().describe('Enter this at the platform, as the URL of its webhook destination'),
  headers: z
    .array(z.object({ name: z.string(), value: z.string() }))
    .describe('A part in angle brackets is yours to fill in'),
  example: z.record(z.string(), z.unknown()).describe('An identify as the platform sends it'),
  lastMessageAt: z.iso.datetime().nullable().describe('To the minute'),
});
const testSchema = z.object({
  status: z.enum(['accepted', 'duplicate']),
  messageId: z.string().describe('GET /events/{messageId} tells what becomes of it'),
  workflowId: z.string(),
  email: z.string().describe('Of the contact that it makes or updates'),
});

export interface IntegrationRouteDeps {
  workspaces: Pick<WorkspaceStore, 'get'>;
  receiver: Pick<Receiver, 'receive'>;
  /** How the world reaches this gateway. */
  publicUrl: () => string;
  now: () => number;
}

/** Settings → Integrations: how each platform is connected, and a test of it. */
export function integrationRoutes(deps: IntegrationRouteDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/integrations',
      tag: 'Integrations',
      summary: 'What to enter at Segment and RudderStack, and when each was last heard of',
      status: 200,
      response: z.object({ data: z.array(integrationSchema) }),
      async handle({ caller }) {
        // Not the caller's own copy: that one may be some seconds old.
        const workspace = await deps.workspaces.get(caller.workspace._id);
        if (!workspace) throw notFound('workspace');
        return {
          data: cdpSources.map((source) => ({
            ...{ source, name: names[source], method: 'POST' as const },
            url: `${deps.publicUrl().replace(/\/+$/, '')}/api/${source}/track`,
            headers: [
              { name: 'Authorization', value: 'Bearer <API key>' },
              { name: 'Content-Type', value: 'application/json' },
            ],
            example: sampleIdentify(source, sampleOf(source, 'example-message-1', workspace.createdAt.getTime())),
            lastMessageAt: workspace.lastMessageAt?.[source]?.toISOString() ?? null,
          })),
        };
      },
    }),
    route({
      method: 'post',
      path: '/integrations/:source/test',
      tag: 'Integrations',
      summary: 'Take in a sample identify as if the platform had sent it',
      status: 202,
      body: bodyOf({ email: z.email({ error: 'must be an email address' }).max(320).optional() }).prefault({}),
      response: testSchema,
      async handle({ caller, params, body }) {
        const source = cdpSources.find((each) => each === params['source']);
        if (!source) throw unknownSource();
        const sample = sampleOf(source, `esx-test-${randomUUID()}`, deps.now());
        const email = body.email ?? sample.email;
        const event = sampleIdentify(source, { ...sample, email });
        const { _id: workspaceId, defaultListId } = caller.workspace;
        const [receipt] = await deps.receiver.receive({
          ...{ workspaceId, source, items: [event], text: JSON.stringify(event) },
          ...(defaultListId === undefined ? {} : { listId: defaultListId }),
        });
        if (receipt?.status !== 'accepted' && receipt?.status !== 'duplicate') {
          throw new Error(`the sample of ${source} was not taken: ${JSON.stringify(receipt)}`);
        }
        return { ...receipt, email };
      },
    }),
  ];
}

function sampleOf(source: CdpSource, messageId: string, atMs: number) {
  return { messageId, atMs, email: `${source}.test@example.com` };
}

function unknownSource(): Problem {
  return new Problem(404, 'unknown_source', `There is a test for ${cdpSources.join(' and ')}; name one of them.`);
}
