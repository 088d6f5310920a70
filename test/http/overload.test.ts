import { OverloadedError } from '../../src/mongo/gathering';
import { startTestGateway, until, type Answer, type TestGateway } from '../ingest/gateway';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());
beforeEach(async () => {
  gateway.worker.isHeld = false;
  await gateway.forgetStarts();
  await gateway.stores.messages.collection.deleteMany({});
});

const identify = (messageId: string) => ({ type: 'identify', userId: 'u1', messageId });
const messageIds = async (): Promise<string[]> => (await gateway.messages()).map(({ messageId }) => messageId);
/** Makes so many messages wait: the worker commits nothing from now on. */
function makeWait(messages: number): void {
  gateway.worker.isHeld = true;
  const waiting = (key: string) => ({ key: `waiting/${key}`, type: 'identify' as const });
  for (let opened = 0; gateway.lane.depth === 0; opened++) gateway.lane.add([waiting(`open-${opened}`)]);
  gateway.lane.add(Array.from({ length: messages - gateway.lane.depth }, (_, index) => waiting(`${index}`)));
}
function expectOverloaded({ status, headers, body }: Answer): void {
  expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'overloaded', '2']);
}

describe('while more waits for the workers than should', () => {
  it('an event is answered 503 with Retry-After and not stored; sent again later it is accepted', async () => {
    makeWait(10_000);
    expectOverloaded(await gateway.segment(identify('single')));
    expectOverloaded(await gateway.segment([identify('a'), { type: 'page' }, identify('b')]));
    expectOverloaded(await gateway.send('/api/rudderstack/track', identify('single')));
    expectOverloaded(await gateway.send('/v1/batch', { batch: [identify('a')] }));
    expect(await messageIds()).toEqual([]);

    gateway.worker.isHeld = false;
    await until(() => gateway.lane.depth === 0);
    expect((await gateway.segment(identify('single'))).body.status).toBe('accepted');
    expect((await gateway.segment([identify('a'), identify('b')])).body).toMatchObject({ accepted: 2, duplicate: 0 });
    expect((await gateway.started()).flatMap(([, ...keys]) => keys)).toEqual(
      expect.arrayContaining(['single', 'a', 'b'].map((messageId) => `${gateway.workspaceId}/${messageId}`)),
    );
  });

  it('what needs no worker is answered as ever', async () => {
    makeWait(10_000);
    expect((await gateway.segment({ type: 'page', messageId: 'p' })).body.status).toBe('ignored');
    expect((await gateway.segment({ type: 'track', userId: 'u1' })).status).toBe(400);
    expect((await gateway.send('/healthz', undefined, { method: 'GET' })).status).toBe(200);
  });

  it('an event is accepted, if more slowly, while fewer wait', async () => {
    makeWait(9_999);
    expect((await gateway.segment(identify('slow'))).body.status).toBe('accepted');
    expect(await messageIds()).toEqual(['slow']);
  });
});

it('more than can be stored at the moment is answered 503 with Retry-After', async () => {
  const insert = jest.spyOn(gateway.stores.messages, 'insert');
  insert.mockRejectedValueOnce(new OverloadedError('10000 items wait to be written'));
  expectOverloaded(await gateway.segment(identify('much')));
  insert.mockRestore();
  expect((await gateway.segment(identify('much'))).body.status).toBe('accepted');
});
