import { z } from 'zod';
import { plans } from '../mongo/workspaces';
import { notFound } from './problem';
import { personSchema } from './person-schema';
import { route, type Route } from './route';
import type { WorkspaceStore } from '../mongo/workspaces';

const sessionSchema = z.object({
  by: z.enum(['key', 'person']),
  person: personSchema.omit({ createdAt: true }).nullable().describe('Null for a key'),
  workspace: z.object({ id: z.string(), name: z.string(), plan: z.enum(plans) }),
  server: z.object({
    now: z.iso.datetime().describe('The clock that countdowns go by'),
    version: z.string(),
    publicUrl: z.string(),
    temporalUiUrl: z.string().nullable(),
    retryDelaysMs: z.array(z.int()).describe('The waits between the attempts of a delivery'),
    isMailboxUsed: z.boolean().describe('No SMTP server is set: mail stays here, see GET /mailbox'),
  }),
});

export interface SessionRouteDeps {
  workspaces: Pick<WorkspaceStore, 'get'>;
  version: string;
  publicUrl: { value: string };
  temporalUiUrl: string | undefined;
  retryDelaysMs: readonly number[];
  isMailboxUsed: boolean;
  now: () => number;
}

/** What a page needs to know before anything else. */
export function sessionRoutes(deps: SessionRouteDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/session',
      tag: 'Workspace',
      summary: 'Who is calling, and what of this server',
      status: 200,
      response: sessionSchema,
      async handle({ caller }) {
        // Not the caller's own copy: that one may be some seconds old.
        const workspace = await deps.workspaces.get(caller.workspace._id);
        if (!workspace) throw notFound('workspace');
        const { by } = caller;
        return {
          by: by.kind,
          person: by.kind === 'key' ? null : { id: by.personId, name: by.name, email: by.email, role: by.role },
          workspace: { id: workspace._id, name: workspace.name, plan: workspace.plan },
          server: {
            now: new Date(deps.now()).toISOString(),
            version: deps.version,
            publicUrl: deps.publicUrl.value,
            temporalUiUrl: deps.temporalUiUrl ?? null,
            retryDelaysMs: [...deps.retryDelaysMs],
            isMailboxUsed: deps.isMailboxUsed,
          },
        };
      },
    }),
  ];
}
