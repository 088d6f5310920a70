import { describeAttempt } from '../../domain/attempt-words';
import type { Delivery } from '../../domain/delivery';
import { isWanted, statusesOf } from '../../domain/delivery-filter';
import { keptHeaders } from '../../domain/response-headers';

describe('the headers that are kept of an answer', () => {
  it('mask what may let somebody in', () => {
    const kept = keptHeaders({
      'content-type': 'text/plain',
      'set-cookie': ['a=1', 'b=2'],
      'x-amz-security-token': 't',
      'x-request-id': 'r1',
      'x-api-key': 'k',
    });
    expect(kept).toEqual([
      ['content-type', 'text/plain'],
      ['set-cookie', '***'],
      ['set-cookie', '***'],
      ['x-amz-security-token', '***'],
      ['x-request-id', 'r1'],
      ['x-api-key', '***'],
    ]);
  });

  it('are 30 and 2 KB at most, however many and long they are', () => {
    const many = Object.fromEntries(Array.from({ length: 99 }, (_each, index) => [`x-${index}`, 'v']));
    expect(keptHeaders(many)).toHaveLength(30);
    const long = Object.fromEntries(Array.from({ length: 20 }, (_each, index) => [`x-${index}`, 'v'.repeat(9_999)]));
    const kept = keptHeaders(long);
    expect(kept.flat().join('').length).toBeLessThanOrEqual(2_048);
    expect(kept.length).toBeGreaterThan(5);
  });
});

test.each([
  [{ error: 'timeout' }, 'timeout: no complete answer within 30s'],
  [{ error: 'dns_error' }, 'dns_error: the name of the host could not be resolved'],
  [{ error: 'constructor' }, 'constructor'],
  [{ statusCode: 204 }, '204: taken by the receiver'],
  [{ statusCode: 301 }, '301: redirects are not followed; enter the address that it leads to'],
  [{ statusCode: 401 }, '401: the receiver refused it; often a signature that it could not verify'],
  [{ statusCode: 410 }, '410: the receiver wants no more; its endpoint was disabled'],
  [{ statusCode: 502 }, '502: the receiver has a fault of its own'],
])('what came of %j is said in words', (attempt, words) => {
  expect(describeAttempt(attempt)).toBe(words);
});

describe('the filter of the log', () => {
  const delivery: Delivery = {
    ...{ id: 'dlv_1', workspaceId: 'ws_1', endpointId: 'whe_1', eventId: 'evt_1', eventType: 'contact.created' },
    ...{ status: 'failed', attemptCount: 6, round: 1, attemptsInRound: 6, createdAtMs: 1_000, updatedAtMs: 2_000 },
    ...{ lastStatusCode: 503, workflowId: 'delivery/1' },
  };
  const unanswered: Delivery = { ...delivery, lastError: 'timeout' };
  delete unanswered.lastStatusCode;

  test.each([
    [{}, true],
    [{ statuses: ['failed', 'held'] }, true],
    [{ statuses: ['held'] }, false],
    [{ events: ['contact.updated'] }, false],
    [{ endpointId: 'whe_2' }, false],
    [{ answer: '5xx' }, true],
    [{ answer: '4xx' }, false],
    [{ answer: 'none' }, false],
    [{ answer: '2xx' }, false],
    [{ since: new Date(1_000), until: new Date(1_001) }, true],
    [{ until: new Date(1_000) }, false],
  ] as const)('%j: %s', (filter, isIn) => {
    const { statuses, events, ...rest } = { statuses: undefined, events: undefined, ...filter };
    expect(
      isWanted(delivery, {
        ...rest,
        ...(statuses ? { statuses: [...statuses] } : {}),
        ...(events ? { events: [...events] } : {}),
      }),
    ).toBe(isIn);
  });

  it('knows what had no answer', () => {
    expect([isWanted(unanswered, { answer: 'none' }), isWanted(unanswered, { answer: '5xx' })]).toEqual([true, false]);
  });

  it('asks for no status in which there cannot be such an answer', () => {
    expect(statusesOf({ answer: '2xx' })).toEqual(['delivered']);
    expect(statusesOf({ answer: '4xx', statuses: ['delivered', 'failed', 'pending'] })).toEqual(['failed']);
    expect(statusesOf({ answer: '2xx', statuses: ['failed'] })).toEqual([]);
  });
});
