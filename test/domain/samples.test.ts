import { cdpSources, sampleIdentify } from '../../domain/cdp-samples';
import { readMessage } from '../../domain/message';
import { webhookEnvelope, webhookEventTypes } from '../../domain/webhook-events';
import { sampleBody } from '../../domain/webhook-samples';

const atMs = Date.parse('2026-04-15T10:00:00Z');

test.each(webhookEventTypes)('the sample of %s has the fields of the reference', (event) => {
  const body: unknown = JSON.parse(sampleBody(event, 'ws_1', atMs));
  expect(webhookEnvelope(event).parse(body)).toMatchObject({ event, workspaceId: 'ws_1' });
});

test.each(cdpSources)('the sample of %s is an identify with an email and a name', (source) => {
  const sample = sampleIdentify(source, { messageId: 'm1', atMs, email: 'ada@example.com' });
  expect(readMessage(sample, { atMs, sentAt: undefined })).toMatchObject({
    kind: 'message',
    messageId: 'm1',
    message: { type: 'identify', email: 'ada@example.com', userId: `test-user-of-${source}` },
  });
});
