import { z } from 'zod';
import { allSteps, type Step } from '../../domain/automation';
import { isDeeperThan, isObject } from '../../domain/json';
import { maxNesting } from '../../domain/message';
import type { ListStore } from '../mongo/lists';
import type { EndpointUrlCheck } from '../webhooks/endpoint-url';

/** What is wrong with a step, and where. */
export interface StepProblem {
  pointer: string;
  detail: string;
}

/**
 * Guards a schema that recurses: what nests too deep would overflow it. Keys that neither zod's records nor BSON can
 * carry are refused rather than lost.
 */
export function bounded<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value, context) => {
    if (isDeeperThan(value, maxNesting)) {
      context.addIssue({
        code: 'custom',
        message: `nests deeper than ${maxNesting}; use fewer branches and conditions`,
      });
      return z.NEVER;
    }
    const path = pathOfUnusableKey(value);
    if (path === undefined) return value;
    context.addIssue({ code: 'custom', path, message: 'cannot be a name here; choose another one' });
    return z.NEVER;
  }, schema);
}

function pathOfUnusableKey(value: unknown): string[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, child] of Object.entries(value)) {
    if (isObject(value) && (key === '__proto__' || key.includes('\0'))) return [key];
    const rest = pathOfUnusableKey(child);
    if (rest) return [key, ...rest];
  }
  return undefined;
}

/** Checks what the schema cannot know: that lists exist and URLs may be called. URLs come back normalised. */
export async function vetSteps(
  workspaceId: string,
  steps: readonly Step[],
  deps: { lists: ListStore; checkUrl: (url: string) => Promise<EndpointUrlCheck> },
): Promise<{ steps: Step[]; problems: StepProblem[] }> {
  const all = allSteps(steps);
  const wantedLists = all.flatMap((step) => ('listId' in step ? [step.listId] : []));
  const wantedUrls = all.flatMap((step) => (step.type === 'webhook' ? [step.url] : []));
  const existing = await deps.lists.existing(workspaceId, [...new Set(wantedLists)]);
  const checks = new Map(
    await Promise.all([...new Set(wantedUrls)].map(async (url) => [url, await deps.checkUrl(url)] as const)),
  );
  const problems: StepProblem[] = [];

  const vetAll = (list: readonly Step[], pointer: string): Step[] =>
    list.map((step, index) => vet(step, `${pointer}/${index}`));
  const vet = (step: Step, pointer: string): Step => {
    switch (step.type) {
      case 'addToList':
      case 'removeFromList':
        if (!existing.has(step.listId)) {
          const detail = `There is no list ${step.listId} in this workspace; take an id from GET /lists.`;
          problems.push({ pointer: `${pointer}/listId`, detail });
        }
        return step;
      case 'webhook': {
        const check = checks.get(step.url);
        if (check?.ok) return { ...step, url: check.url };
        problems.push({ pointer: `${pointer}/url`, detail: check?.reason ?? 'was not checked' });
        return step;
      }
      case 'sendEmail': {
        const detail = 'Sending email is not available yet; use a webhook step, or leave this step out.';
        problems.push({ pointer, detail });
        return step;
      }
      case 'condition':
        return {
          ...step,
          then: vetAll(step.then, `${pointer}/then`),
          ...(step.else === undefined ? {} : { else: vetAll(step.else, `${pointer}/else`) }),
        };
      case 'wait':
      case 'updateContact':
      case 'end':
        return step;
    }
  };
  return { steps: vetAll(steps, '/steps'), problems };
}
