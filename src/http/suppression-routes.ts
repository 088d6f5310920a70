import { z } from 'zod';
import { suppressionReasons } from '../../domain/email';
import { normalizeEmail } from '../../domain/email-address';
import type { SuppressionDocument, SuppressionStore } from '../mongo/suppressions';
import { bodyOf } from './body-schema';
import { pageOf, pageQuery, readCursor, toPage } from './page';
import { Problem } from './problem';
import { route, type Route } from './route';

const suppressionSchema = z.object({
  email: z.string().nullable().describe('Null where the person was erased: the suppression stays in force'),
  reason: z.enum(suppressionReasons),
  createdAt: z.iso.datetime(),
});
const newBody = bodyOf({
  email: z.string({ error: 'must be an email address' }).transform((text, context) => {
    const address = normalizeEmail(text);
    if (address !== undefined) return address;
    context.addIssue({ code: 'custom', message: 'must be one email address, such as ada@example.com' });
    return z.NEVER;
  }),
});

export interface SuppressionRouteDeps {
  suppressions: SuppressionStore;
  now: () => number;
}

/** Addresses that nothing is sent to. */
export function suppressionRoutes({ suppressions, now }: SuppressionRouteDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/suppressions',
      tag: 'Suppressions',
      summary: 'Addresses that nothing is sent to, newest first',
      status: 200,
      query: z.object(pageQuery),
      response: pageOf(suppressionSchema),
      async handle({ caller, query }) {
        const page = { after: readCursor(query.cursor), limit: query.limit + 1 };
        const rows = await suppressions.page(caller.workspace._id, page);
        return toPage(rows, query.limit, (row) => ({ at: row.createdAt, id: row._id }), show);
      },
    }),
    route({
      method: 'post',
      path: '/suppressions',
      tag: 'Suppressions',
      summary: 'Suppress an address; one that is suppressed already keeps its reason',
      status: 201,
      body: newBody,
      response: suppressionSchema,
      idempotent: { secrets: [] },
      async handle({ caller, body: { email } }) {
        const workspaceId = caller.workspace._id;
        const at = new Date(now());
        await suppressions.add(workspaceId, [{ email, reason: 'manual' }], at);
        const kept = (await suppressions.among(workspaceId, [email])).get(email);
        return kept ? show(kept) : { email, reason: 'manual' as const, createdAt: at.toISOString() };
      },
    }),
    route({
      method: 'delete',
      path: '/suppressions/:email',
      tag: 'Suppressions',
      summary: "Take an address off; its contact's status is another thing (PATCH /contacts/:id)",
      status: 204,
      async handle({ caller, params }) {
        const email = normalizeEmail(params['email']);
        if (email === undefined || !(await suppressions.remove(caller.workspace._id, email))) {
          throw new Problem(404, 'not_found', 'This address is not suppressed in this workspace; check its spelling.');
        }
        return undefined;
      },
    }),
  ];
}

function show({ email, reason, createdAt }: SuppressionDocument): z.infer<typeof suppressionSchema> {
  return { email: email ?? null, reason, createdAt: createdAt.toISOString() };
}
