import { z } from 'zod';
import type { ListStore } from '../mongo/lists';
import { plans, type WorkspaceDocument, type WorkspaceStore } from '../mongo/workspaces';
import type { Authenticator } from './auth';
import { bodyOf, nameField } from './body-schema';
import { notFound, Problem } from './problem';
import { route, type Route } from './route';

const workspaceSchema = z.object({
  id: z.string(),
  name: z.string(),
  plan: z.enum(plans),
  defaultListId: z.string().nullable().describe('The list that contacts of a CDP are put on when the call names none'),
  createdAt: z.iso.datetime(),
});
const changeBody = bodyOf({
  name: nameField.optional(),
  plan: z.enum(plans, { error: `must be one of ${plans.join(', ')}` }).optional(),
  defaultListId: z.string({ error: 'must be the id of a list, or null for none' }).nullable().optional(),
});

export interface WorkspaceRouteDeps {
  workspaces: WorkspaceStore;
  lists: ListStore;
  auth: Pick<Authenticator, 'forget'>;
  now: () => number;
}

/** Settings → General: the workspace that the key belongs to. */
export function workspaceRoutes(deps: WorkspaceRouteDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/workspace',
      tag: 'Workspace',
      summary: 'The workspace of the API key',
      status: 200,
      response: workspaceSchema,
      async handle({ caller }) {
        // Not the caller's own copy: that one may be some seconds old.
        const workspace = await deps.workspaces.get(caller.workspace._id);
        if (!workspace) throw notFound('workspace');
        return show(workspace);
      },
    }),
    route({
      method: 'patch',
      path: '/workspace',
      tag: 'Workspace',
      summary: 'Change name, plan or default list',
      ownerOnly: true,
      status: 200,
      body: changeBody,
      response: workspaceSchema,
      async handle({ caller, body }) {
        const { name, plan, defaultListId } = body;
        if (typeof defaultListId === 'string' && !(await deps.lists.get(caller.workspace._id, defaultListId))) {
          throw unknownDefaultList(defaultListId);
        }
        const updated = await deps.workspaces.update(
          caller.workspace._id,
          {
            ...(name === undefined ? {} : { name }),
            ...(plan === undefined ? {} : { plan }),
            ...(defaultListId === undefined ? {} : { defaultListId }),
          },
          new Date(deps.now()),
        );
        if (!updated) throw notFound('workspace');
        deps.auth.forget();
        return show(updated);
      },
    }),
  ];
}

function unknownDefaultList(id: string): Problem {
  const detail = `There is no list ${id} in this workspace; take an id from GET /lists, or null for none.`;
  return new Problem(422, 'unknown_list', `defaultListId: ${detail}`, {
    errors: [{ pointer: '/defaultListId', detail }],
  });
}

function show(workspace: WorkspaceDocument): z.infer<typeof workspaceSchema> {
  return {
    id: workspace._id,
    name: workspace.name,
    plan: workspace.plan,
    defaultListId: workspace.defaultListId ?? null,
    createdAt: workspace.createdAt.toISOString(),
  };
}
