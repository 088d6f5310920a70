import { z } from 'zod';
import { allSteps, type Step } from '../../domain/automation';
import { isDeeperThan, isObject } from '../../domain/json';
import { maxNesting } from '../../domain/message';
import type { ListStore } from '../mongo/lists';
import type { TemplateStore } from '../mongo/templates';
import type { EndpointUrlCheck } from '../webhooks/endpoint-url';
import type { FromCheck } from './from-check';

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

export interface StepChecks {
  lists: ListStore;
  templates: TemplateStore;
  checkUrl: (url: string) => Promise<EndpointUrlCheck>;
  checkSender: FromCheck;
}

/**
 * Checks what the schema cannot know: that lists and templates exist, that URLs may be called, and whom emails may be
 * from. URLs come back normalised.
 */
export async function vetSteps(
  workspaceId: string,
  steps: readonly Step[],
  deps: StepChecks,
): Promise<{ steps: Step[]; problems: StepProblem[] }> {
  const all = allSteps(steps);
  const wantedLists = all.flatMap((step) => ('listId' in step ? [step.listId] : []));
  const wantedUrls = all.flatMap((step) => (step.type === 'webhook' ? [step.url] : []));
  const existing = await deps.lists.existing(workspaceId, [...new Set(wantedLists)]);
  const checks = new Map(
    await Promise.all([...new Set(wantedUrls)].map(async (url) => [url, await deps.checkUrl(url)] as const)),
  );
  const emails = all.flatMap((step) => (step.type === 'sendEmail' ? [step] : []));
  const templates = await existingTemplates(
    deps.templates,
    workspaceId,
    emails.map(({ templateId }) => templateId),
  );
  const senders = [...new Set(emails.flatMap(({ from }) => from ?? []))];
  const senderChecks = new Map(
    await Promise.all(senders.map(async (from) => [from, await deps.checkSender(workspaceId, from)] as const)),
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
        if (!templates.has(step.templateId)) {
          const detail = `There is no template ${step.templateId} in this workspace; take an id from GET /templates.`;
          problems.push({ pointer: `${pointer}/templateId`, detail });
        }
        const sender = step.from === undefined ? undefined : senderChecks.get(step.from);
        if (sender?.ok === false) problems.push({ pointer: `${pointer}/from`, detail: sender.reason });
        return step;
      }
      case 'condition':
      case 'waitForEmail':
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

/** Those of the templates that exist. */
export async function existingTemplates(
  templates: Pick<TemplateStore, 'get'>,
  workspaceId: string,
  ids: string[],
): Promise<Set<string>> {
  const found = await Promise.all([...new Set(ids)].map((id) => templates.get(workspaceId, id)));
  return new Set(found.flatMap((template) => template?.id ?? []));
}
