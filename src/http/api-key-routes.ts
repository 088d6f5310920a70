import { z } from 'zod';
import { displayApiKey, hashApiKey, newApiKey } from '../api-key';
import type { ApiKeyDocument, ApiKeyStore } from '../mongo/api-keys';
import type { Database } from '../mongo/connect';
import { newId } from '../mongo/new-id';
import type { Authenticator } from './auth';
import { bodyOf, nameField } from './body-schema';
import { pageOf } from './page';
import { notFound, Problem } from './problem';
import { route, type Route } from './route';

const apiKeySchema = z.object({
  id: z.string(),
  name: z.string(),
  display: z.string().describe('Its beginning and its end'),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable().describe('To the minute'),
  revokedAt: z.iso.datetime().nullable(),
});

export interface ApiKeyRouteDeps {
  database: Pick<Database, 'transaction'>;
  apiKeys: ApiKeyStore;
  auth: Pick<Authenticator, 'forget'>;
  now: () => number;
}

/** Settings → API: the keys of the workspace. */
export function apiKeyRoutes(deps: ApiKeyRouteDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/api-keys',
      tag: 'API keys',
      summary: 'All keys of the workspace, revoked ones too, newest first',
      status: 200,
      response: pageOf(apiKeySchema),
      async handle({ caller }) {
        const keys = await deps.apiKeys.list(caller.workspace._id);
        return { data: keys.map(show), nextCursor: null };
      },
    }),
    route({
      method: 'post',
      path: '/api-keys',
      tag: 'API keys',
      summary: 'Make a key; the answer shows it, and nothing shows it again',
      ownerOnly: true,
      status: 201,
      body: bodyOf({ name: nameField }),
      response: apiKeySchema.extend({ key: z.string().describe('Shown now and never again') }),
      idempotent: { secrets: ['key'] },
      async handle({ caller, body }) {
        const key = newApiKey();
        const document: ApiKeyDocument = {
          _id: newId('apiKey'),
          workspaceId: caller.workspace._id,
          name: body.name,
          hash: hashApiKey(key),
          display: displayApiKey(key),
          createdAt: new Date(deps.now()),
        };
        await deps.apiKeys.insert(document);
        return { ...show(document), key };
      },
    }),
    route({
      method: 'delete',
      path: '/api-keys/:id',
      tag: 'API keys',
      summary: 'Revoke a key',
      ownerOnly: true,
      status: 204,
      async handle({ caller, params }) {
        const id = params['id'] ?? '';
        const outcome = await deps.database.transaction((session) =>
          deps.apiKeys.revokeUnlessLast(caller.workspace._id, id, new Date(deps.now()), session),
        );
        switch (outcome) {
          case 'unknown':
            throw notFound('API key that is not revoked already');
          case 'last':
            throw new Problem(
              409,
              'last_api_key',
              'This is the last key of the workspace; create another one first (POST /api-keys), then revoke this one with it.',
            );
          case 'revoked':
            deps.auth.forget();
            return undefined;
        }
      },
    }),
  ];
}

function show(key: ApiKeyDocument): z.infer<typeof apiKeySchema> {
  return {
    id: key._id,
    name: key.name,
    display: key.display,
    createdAt: key.createdAt.toISOString(),
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
    revokedAt: key.revokedAt?.toISOString() ?? null,
  };
}
