import { spawnSync } from 'node:child_process';
import { webhookEventData, webhookEventTypes } from '../../domain/webhook-events';
import { createOpenApi } from '../../src/http/openapi';
import { managementRoutes } from '../../src/http/management';

/** The routes are only described here, so that nothing they work on has to exist. */
const nothing: any = new Proxy(() => nothing, { get: () => nothing });
const routes = managementRoutes(nothing);
const document: any = createOpenApi(routes, '1.2.3');

function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key === '$ref' && typeof child === 'string' ? [child] : refsIn(child),
  );
}

/** The validator is an ES module, which jest cannot load on Node 20: it runs beside. */
const validate = `
  import { Validator } from '@seriousme/openapi-schema-validator';
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  const { valid, errors } = await new Validator().validate(JSON.parse(text));
  console.log(JSON.stringify({ valid, errors: errors ?? [] }));
`;

test('is a valid OpenAPI 3.1 document', () => {
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', validate], {
    input: JSON.stringify(document),
  });
  expect(JSON.parse(stdout.toString())).toEqual({ valid: true, errors: [] });
});

test('every reference leads somewhere, and none is left relative to a schema', () => {
  const refs = [...new Set(refsIn(document))];
  expect(refs.length).toBeGreaterThan(1);
  for (const ref of refs) {
    const path = ref.replace(/^#\//, '').split('/');
    expect({ ref, found: path.reduce((at: any, key) => at?.[key], document) !== undefined }).toEqual({
      ref,
      found: true,
    });
  }
});

test('describes every route, and each operation has an id of its own', () => {
  const ids = Object.values<any>(document.paths).flatMap((path) =>
    Object.values<any>(path).map(({ operationId }) => operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
  for (const { method, path } of routes) {
    expect(document.paths[`/api/v1${path.replace(/:(\w+)/g, '{$1}')}`]).toHaveProperty(method);
  }
  for (const path of ['/api/segment/track', '/api/rudderstack/track', '/v1/batch'])
    expect(document.paths).toHaveProperty([path]);
});

test('describes the nine webhook events with their fields, each in an envelope, and nothing else in either', () => {
  expect(Object.keys(document.webhooks)).toEqual([...webhookEventTypes]);
  for (const type of webhookEventTypes) {
    const { schema } = document.webhooks[type].post.requestBody.content['application/json'];
    const { data, event } = schema.properties;
    const fields = Object.keys(webhookEventData[type].shape);
    expect(Object.keys(schema.properties)).toEqual(['event', 'workspaceId', 'timestamp', 'data']);
    expect([event.const, schema.required]).toEqual([type, ['event', 'workspaceId', 'timestamp', 'data']]);
    expect(Object.keys(data.properties)).toEqual(fields);
    const given = type === 'contact.created' ? fields.filter((name) => !/^(first|last)Name$/.test(name)) : fields;
    expect(data.required).toEqual(given);
    expect([schema.additionalProperties, data.additionalProperties]).toEqual([false, false]);
  }
});
