import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { postmarkHeader, postmarkUser } from '../email/inbound/providers/postmark';
import { readSendgridKey } from '../email/inbound/providers/sendgrid';
import { newId } from '../mongo/new-id';
import { maxProviders, providerNames, type Provider, type ProviderStore } from '../mongo/providers';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { notFound, Problem } from './problem';
import { route, type Route } from './route';

const reportsDeliveries = z
  .boolean()
  .default(true)
  .describe('email.delivered then waits for the notice of this provider, and is not made of the 2xx of SMTP_URL');
const secretField = (what: string) => z.string({ error: `must be ${what}` }).trim();

/** Each provider has another way to prove itself. */
const newProvider = z.discriminatedUnion(
  'provider',
  [
    z.strictObject({
      provider: z.literal('ses'),
      topicArn: z
        .string()
        .regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w.-]{1,256}$/, { error: 'must be the ARN of an SNS topic' }),
      reportsDeliveries,
    }),
    z.strictObject({
      provider: z.literal('sendgrid'),
      publicKey: secretField('the verification key that SendGrid shows for its signed event webhook').refine(
        (key) => readSendgridKey(key) !== undefined,
        { error: 'is not an ECDSA P-256 key in base64; copy it from the settings of the signed event webhook' },
      ),
      reportsDeliveries,
    }),
    z.strictObject({ provider: z.literal('postmark'), reportsDeliveries }),
    z.strictObject({
      provider: z.literal('mailgun'),
      signingKey: secretField("the HTTP webhook signing key of Mailgun's settings")
        .min(10, { error: 'is too short' })
        .max(200),
      reportsDeliveries,
    }),
    z.strictObject({
      provider: z.literal('resend'),
      signingSecret: secretField('the signing secret of the webhook, whsec_…').regex(
        /^whsec_[A-Za-z0-9+/]{16,200}={0,2}$/,
        {
          error: 'must be the signing secret of the webhook, whsec_…',
        },
      ),
      reportsDeliveries,
    }),
  ],
  { error: `must name a provider: ${providerNames.join(', ')}` },
);

const providerSchema = z.object({
  id: z.string(),
  provider: z.enum(providerNames),
  url: z.url().describe('Enter this at the provider, as the URL of its webhook'),
  topicArn: z.string().nullable(),
  status: z.enum(['pending', 'active']).describe('pending: Amazon has not confirmed the subscription yet'),
  reportsDeliveries: z.boolean(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
const createdSchema = providerSchema.extend({
  credentials: z
    .object({ username: z.string(), password: z.string(), header: z.string() })
    .optional()
    .describe(
      'Postmark: what it signs in with, as Basic authentication, or the password in that header. Shown only now',
    ),
});

export interface ProviderRouteDeps {
  providers: ProviderStore;
  /** How the world reaches this gateway. */
  publicUrl: () => string;
  now: () => number;
}

/** The sending services that report bounces, complaints and deliveries. */
export function providerRoutes(deps: ProviderRouteDeps): Route[] {
  const show = (provider: Provider): z.infer<typeof providerSchema> => ({
    id: provider.id,
    provider: provider.provider,
    url: `${deps.publicUrl().replace(/\/+$/, '')}/inbound/${provider.provider}/${provider.id}`,
    topicArn: provider.topicArn ?? null,
    status: provider.status,
    reportsDeliveries: provider.reportsDeliveries,
    createdAt: provider.createdAt.toISOString(),
    updatedAt: provider.updatedAt.toISOString(),
  });

  return [
    route({
      method: 'get',
      path: '/providers',
      tag: 'Providers',
      summary: 'Providers that report what becomes of email, newest first',
      status: 200,
      query: z.object(pageQuery),
      response: pageOf(providerSchema),
      async handle({ caller, query }) {
        const page = { after: readCursor(query.cursor), limit: query.limit + 1 };
        const rows = await deps.providers.page(caller.workspace._id, page);
        return toPage(rows, query.limit, (row) => ({ at: row.createdAt, id: row.id }), show);
      },
    }),
    route({
      method: 'post',
      path: '/providers',
      tag: 'Providers',
      summary: 'Add a provider; the answer holds the URL to enter there',
      ownerOnly: true,
      status: 201,
      body: newProvider,
      response: createdSchema,
      idempotent: { secrets: ['credentials'] },
      async handle({ caller, body }) {
        const workspaceId = caller.workspace._id;
        if ((await deps.providers.count(workspaceId)) >= maxProviders) {
          throw new Problem(
            409,
            'too_many_providers',
            `A workspace has at most ${maxProviders} providers; delete one first.`,
          );
        }
        const at = new Date(deps.now());
        const { provider: name, ...given } = body;
        const secret = secretOf(body);
        const provider: Provider = {
          ...{ id: newId('provider'), workspaceId, provider: name, reportsDeliveries: given.reportsDeliveries },
          ...(secret === undefined ? {} : { secret }),
          ...(body.provider === 'ses' ? { topicArn: body.topicArn } : {}),
          // Amazon asks first; the others begin when they are told the URL.
          status: name === 'ses' ? 'pending' : 'active',
          ...{ createdAt: at, updatedAt: at },
        };
        await deps.providers.insert(provider);
        const credentials = { username: postmarkUser, password: secret ?? '', header: postmarkHeader };
        return { ...show(provider), ...(name === 'postmark' ? { credentials } : {}) };
      },
    }),
    route({
      method: 'get',
      path: '/providers/:id',
      tag: 'Providers',
      summary: 'One provider',
      status: 200,
      response: providerSchema,
      async handle({ caller, params }) {
        const provider = await deps.providers.get(caller.workspace._id, params['id'] ?? '');
        if (!provider) throw notFound('provider');
        return show(provider);
      },
    }),
    route({
      method: 'delete',
      path: '/providers/:id',
      tag: 'Providers',
      summary: 'Delete a provider; its reports are refused from then on',
      ownerOnly: true,
      status: 204,
      async handle({ caller, params }) {
        if (!(await deps.providers.delete(caller.workspace._id, params['id'] ?? ''))) throw notFound('provider');
        return undefined;
      },
    }),
  ];
}

/** What its requests are verified with; for Postmark it is made here. */
function secretOf(body: z.output<typeof newProvider>): string | undefined {
  switch (body.provider) {
    case 'ses':
      return undefined;
    case 'sendgrid':
      return body.publicKey;
    case 'postmark':
      return randomBytes(24).toString('base64url');
    case 'mailgun':
      return body.signingKey;
    case 'resend':
      return body.signingSecret;
  }
}
