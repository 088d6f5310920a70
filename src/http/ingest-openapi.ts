const eventSchema = {
  type: 'object',
  required: ['type'],
  properties: {
    type: { enum: ['identify', 'track', 'page', 'screen', 'group', 'alias', 'delete'] },
    messageId: { type: 'string', description: 'The same id twice has one effect' },
    userId: { type: ['string', 'number', 'null'] },
    anonymousId: { type: ['string', 'null'] },
    traits: { type: 'object', description: 'identify: email, firstName, lastName; everything else goes to metadata' },
    event: { type: 'string', description: 'track: the event name, matched without regard to case and separators' },
    properties: { type: 'object', description: 'track: the event data' },
    context: { type: 'object' },
    timestamp: { type: 'string' },
    sentAt: { type: 'string' },
  },
} as const;
const receiptSchema = {
  oneOf: [
    {
      type: 'object',
      properties: {
        status: { enum: ['accepted', 'duplicate', 'ignored'] },
        messageId: { type: 'string' },
        workflowId: { type: 'string' },
      },
    },
    {
      type: 'object',
      properties: {
        accepted: { type: 'integer' },
        duplicate: { type: 'integer' },
        ignored: { type: 'integer' },
        rejected: {
          type: 'array',
          items: {
            type: 'object',
            properties: { index: { type: 'integer' }, messageId: { type: 'string' }, reason: { type: 'string' } },
          },
        },
      },
    },
  ],
} as const;
const problem = {
  description: 'Problem details',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

function ingestOperation(summary: string, id: string, status: number): object {
  const batch = { type: 'object', properties: { batch: { type: 'array', items: eventSchema } } };
  return {
    tags: ['Ingestion'],
    summary,
    operationId: id,
    parameters: [
      { name: 'listId', in: 'query', schema: { type: 'string' }, description: 'The list for identified contacts' },
      { name: 'X-Default-List-Id', in: 'header', schema: { type: 'string' }, description: 'The same as a header' },
      {
        name: 'X-Workspace-Id',
        in: 'header',
        schema: { type: 'string' },
        description: 'Refused with 403 unless it is the workspace of the key',
      },
    ],
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: { oneOf: [eventSchema, { type: 'array', items: eventSchema }, batch] } },
      },
    },
    responses: {
      [status]: { description: 'Durable', content: { 'application/json': { schema: receiptSchema } } },
      default: problem,
    },
  };
}

/**
 * The ingestion calls in the OpenAPI document. Written by hand: what CDPs send is read leniently, by domain/message.ts,
 * and not by a schema that could refuse it.
 */
export const ingestOperations: Record<string, Record<string, unknown>> = {
  '/api/segment/track': { post: ingestOperation('Events of a Segment destination', 'segmentTrack', 202) },
  '/api/rudderstack/track': { post: ingestOperation('Events of a RudderStack destination', 'rudderstackTrack', 202) },
  ...Object.fromEntries(
    ['identify', 'track', 'page', 'screen', 'group', 'alias', 'batch', 'import'].map((type) => [
      `/v1/${type}`,
      { post: ingestOperation(`${type}, as the Segment and RudderStack SDKs send it`, `sdk_${type}`, 200) },
    ]),
  ),
};
