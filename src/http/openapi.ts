import { z } from 'zod';
import { webhookEnvelope, webhookEventTypes, type WebhookEventType } from '../../domain/webhook-events';
import { problemSchema } from './problem';
import type { Route } from './route';
import { ingestOperations } from './ingest-openapi';
import { sharedDescriptions } from './delivery-share-routes';
import { joinDescriptions } from './join-routes';
import { signInDescriptions } from './sign-in-routes';

type JsonSchema = Record<string, unknown>;

/** The OpenAPI 3.1 document, made from the schemas that the routes parse and answer with. */
export function createOpenApi(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, unknown>> = { ...ingestOperations };
  for (const route of routes) {
    const path = `/api/v1${bracesOf(route.path)}`;
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  for (const route of [...signInDescriptions, ...joinDescriptions, ...sharedDescriptions]) {
    const path = bracesOf(route.path);
    paths[path] = { ...paths[path], [route.method]: { ...operation(route), security: [] } };
  }
  return hoistDefinitions({
    openapi: '3.1.0',
    info: {
      title: 'EmailSendX',
      version,
      description: 'Events of customer data platforms in; contacts, automation runs and signed webhooks out.',
    },
    security: [{ apiKey: [] }],
    paths,
    webhooks: Object.fromEntries(webhookEventTypes.map((type) => [type, { post: webhookOperation(type) }])),
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, esx_live_…' } },
      schemas: { Problem: toSchema(problemSchema, 'output') },
    },
  });
}

function bracesOf(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}');
}

function operation(route: Omit<Route, 'handle'>): object {
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name);
  const query = route.query ? toSchema(route.query, 'input') : {};
  const properties = isSchemaMap(query['properties']) ? query['properties'] : {};
  const required = Array.isArray(query['required']) ? query['required'] : [];
  return {
    tags: [route.tag],
    summary: route.summary,
    operationId: `${route.method}${route.path.replace(/[:/-]+(\w)/g, (_match, letter: string) => letter.toUpperCase())}`,
    parameters: [
      ...names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...Object.entries(properties).map(([name, schema]) => ({
        name,
        in: 'query',
        required: required.includes(name),
        schema,
      })),
      ...(route.idempotent
        ? [{ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string' } }]
        : []),
    ],
    ...(route.body
      ? {
          requestBody: {
            required: !route.body.safeParse(undefined).success,
            content: json(toSchema(route.body, 'input')),
          },
        }
      : {}),
    ...(route.stream === undefined
      ? {}
      : { requestBody: { required: true, content: { [route.stream]: { schema: { type: 'string' } } } } }),
    responses: {
      [route.status]: {
        description: route.summary,
        ...(route.response ? { content: json(toSchema(route.response, 'output')) } : {}),
        ...(route.eventStream === undefined
          ? {}
          : { content: { 'text/event-stream': { schema: { type: 'string', description: route.eventStream } } } }),
        ...(route.file === undefined ? {} : { content: { [route.file]: { schema: { type: 'string' } } } }),
      },
      default: problemResponse,
    },
  };
}

function webhookOperation(type: WebhookEventType): object {
  return {
    summary: type,
    parameters: ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => ({
      name,
      in: 'header',
      required: true,
      description: 'Standard Webhooks 1.0.0',
      schema: { type: 'string' },
    })),
    requestBody: { content: json(toSchema(webhookEnvelope(type), 'output')) },
    responses: { '2XX': { description: 'Taken. Anything else, or no answer within 30 s, is tried again.' } },
  };
}

const problemResponse = {
  description: 'Problem details',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

function json(schema: JsonSchema): object {
  return { 'application/json': { schema } };
}

function toSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io,
    target: 'draft-2020-12',
    unrepresentable: 'any',
  });
  return rest;
}

/**
 * Moves the definitions of recursive schemas, which zod keeps inside each schema, to the document's components: there
 * a `$ref` is read from the document's root. Equal definitions become one.
 */
function hoistDefinitions(document: object): object {
  const schemas = new Map<string, JsonSchema>();
  const names = new Map<string, string>();
  const nameOf = (definition: unknown, wanted: string): string => {
    const text = JSON.stringify(definition);
    const known = names.get(text);
    if (known !== undefined) return known;
    const name = wanted.startsWith('__') ? `Shared${names.size + 1}` : wanted;
    names.set(text, name);
    return name;
  };
  const walk = (value: unknown, local: Record<string, string>): unknown => {
    if (Array.isArray(value)) return value.map((item) => walk(item, local));
    if (!isSchemaMap(value)) return value;
    const { $defs, ...rest } = value;
    const scope = { ...local };
    if (isSchemaMap($defs)) {
      for (const [key, definition] of Object.entries($defs)) scope[key] = nameOf(definition, key);
      for (const [key, definition] of Object.entries($defs)) {
        const moved = walk(definition, scope);
        if (isSchemaMap(moved)) schemas.set(scope[key] ?? key, moved);
      }
    }
    return Object.fromEntries(
      Object.entries(rest).map(([key, child]) => {
        const target = key === '$ref' && typeof child === 'string' ? /^#\/\$defs\/(.+)$/.exec(child)?.[1] : undefined;
        return [key, target === undefined ? walk(child, scope) : `#/components/schemas/${scope[target] ?? target}`];
      }),
    );
  };
  const walked = walk(document, {});
  if (!isSchemaMap(walked)) return document;
  const components = walked['components'];
  const own = isSchemaMap(components?.['schemas']) ? components['schemas'] : {};
  return { ...walked, components: { ...components, schemas: { ...own, ...Object.fromEntries(schemas) } } };
}

function isSchemaMap(value: unknown): value is Record<string, JsonSchema> {
  return typeof value === 'object' && value !== null;
}
