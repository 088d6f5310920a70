import { startOwnMongod } from '../support/engines';
import { startTestGateway, until, type TestGateway } from '../ingest/gateway';

const email = 'morgan@acme.com';
const identify = (messageId: string): object => ({ type: 'identify', userId: 'u1', messageId, traits: { email } });

describe('health', () => {
  const probes = { database: true, temporal: true, worker: true };
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway({
      probes: {
        database: () => Promise.resolve(probes.database),
        temporal: () => Promise.resolve(probes.temporal),
        worker: () => Promise.resolve(probes.worker),
      },
    });
  });
  afterAll(() => gateway.stop());

  const get = (path: string) => gateway.send(path, undefined, { method: 'GET', headers: { authorization: undefined } });

  it('says that the process is up, without a key', async () => {
    const answer = await get('/healthz');
    expect([answer.status, answer.body]).toEqual([200, { status: 'ok' }]);
  });

  it('lets no cache keep an answer of the management calls', async () => {
    expect((await get('/api/v1/contacts')).headers.get('cache-control')).toBe('no-store');
  });

  test.each([
    [true, true, true, 200, 'ok'],
    [true, false, true, 200, 'degraded'],
    [true, true, false, 200, 'degraded'],
    [true, false, false, 200, 'degraded'],
    [false, true, true, 503, 'unavailable'],
    [false, false, false, 503, 'unavailable'],
  ])('database %p, Temporal %p, worker %p: %d %s', async (database, temporal, worker, code, status) => {
    Object.assign(probes, { database, temporal, worker });
    const answer = await get('/readyz');
    expect([answer.status, answer.body]).toEqual([code, { status, database, temporal, worker }]);
    expect(answer.headers.get('retry-after')).toBe(code === 503 ? '5' : null);
  });

  it('counts messages by what was answered, for Prometheus', async () => {
    await gateway.segment([identify('m1'), identify('m1'), { type: 'page' }, null]);
    const { text, headers, status } = await get('/metrics');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('text/plain');
    for (const name of ['accepted', 'duplicate', 'ignored', 'rejected'])
      expect(text).toContain(`esx_messages_total{status="${name}"} 1\n`);
    expect(text).toContain('esx_starts_waiting 0');
    expect(text).toMatch(/esx_http_request_seconds_count\{method="POST",status="202"\} 1/);
  });
});

describe('without Temporal', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.stop());

  it('messages are accepted, kept for the sweep, and later ones are started again', async () => {
    gateway.temporal.isAway = true;
    const away = await gateway.segment(identify('away'));
    expect([away.status, away.body.status]).toEqual([202, 'accepted']);
    const many = await gateway.segment([identify('away1'), identify('away2')]);
    expect([many.status, many.body.accepted]).toEqual([202, 2]);
    expect((await gateway.messages()).map(({ messageId, state }) => [messageId, state])).toEqual([
      ['away', 'received'],
      ['away1', 'received'],
      ['away2', 'received'],
    ]);
    await until(() => gateway.logLines.filter((line) => line.includes('start.left_to_sweep')).length === 2);

    gateway.temporal.isAway = false;
    await gateway.segment(identify('back'));
    expect(await gateway.started()).toEqual([['contactUpsert', `${gateway.workspaceId}/back`]]);
  });
});

describe('without MongoDB', () => {
  it('answers 503 with Retry-After within seconds, accepts nothing, and recovers by itself', async () => {
    const mongod = await startOwnMongod();
    const gateway = await startTestGateway({ mongoUri: mongod.uri });
    try {
      const other = await gateway.addKey();
      const timed = async (work: () => ReturnType<TestGateway['send']>) => {
        const startedMs = performance.now();
        const answer = await work();
        return { ...answer, tookMs: performance.now() - startedMs };
      };
      // This key is remembered, so that what fails below is the store and not the look at the key.
      expect((await gateway.segment(identify('before'))).status).toBe(202);
      await mongod.kill();

      const answers = await Promise.all([
        timed(() => gateway.segment(identify('away'))),
        timed(() => gateway.segment([identify('away1'), identify('away2')])),
        timed(() => gateway.segment({ userId: 'without a type' })),
        timed(() => gateway.segment('not JSON')),
        timed(() => gateway.send('/v1/batch', { batch: [identify('away3')] })),
        timed(() => gateway.segment(identify('away4'), { key: other.key })),
        timed(() => gateway.segment(identify('away5'), { key: 'esx_live_unknown' })),
      ]);
      for (const { status, headers, body, tookMs } of answers) {
        expect([status, headers.get('retry-after'), body.code]).toEqual([503, '5', 'database_unavailable']);
        expect(tookMs).toBeLessThan(6_000);
      }
      expect(await gateway.started()).toEqual([['contactUpsert', `${gateway.workspaceId}/before`]]);
      const failures = gateway.logLines.filter((line) => line.includes('request.failed'));
      expect(failures.length).toBe(answers.length);
      for (const line of failures) expect(line).not.toContain(email);

      const ready = await timed(() => gateway.send('/readyz', undefined, { method: 'GET' }));
      expect([ready.status, ready.body.status]).toEqual([503, 'unavailable']);
      expect(ready.tookMs).toBeLessThan(6_000);
      expect((await gateway.send('/healthz', undefined, { method: 'GET' })).status).toBe(200);

      await mongod.restart();
      let last = 0;
      await until(async () => {
        last = (await gateway.segment(identify('after'))).status;
        return last === 202;
      });
      expect((await gateway.send('/readyz', undefined, { method: 'GET' })).status).toBe(200);
      expect((await gateway.messages()).map(({ messageId }) => messageId)).toEqual(['after', 'before']);
      expect((await gateway.segment(identify('away'))).body.status).toBe('accepted');
    } finally {
      await gateway.stop();
      await mongod.stop();
    }
  });

  it('keeps whatever it had answered 202 for when MongoDB is killed under load', async () => {
    const mongod = await startOwnMongod();
    const gateway = await startTestGateway({ mongoUri: mongod.uri });
    try {
      const accepted: string[] = [];
      let refused = 0;
      const sender = async (name: number): Promise<void> => {
        for (let count = 0; refused < 8; count++) {
          const messageId = `m${name}-${count}`;
          const { status } = await gateway.segment(identify(messageId));
          if (status === 202) accepted.push(messageId);
          else refused++;
        }
      };
      const senders = Array.from({ length: 8 }, (_, name) => sender(name));
      await until(() => accepted.length > 50);
      await mongod.kill();
      await Promise.all(senders);

      await mongod.restart();
      await until(async () => (await gateway.segment(identify('after'))).status === 202);
      const stored = new Set((await gateway.messages()).map(({ messageId }) => messageId));
      expect(accepted.filter((messageId) => !stored.has(messageId))).toEqual([]);
    } finally {
      await gateway.stop();
      await mongod.stop();
    }
  });
});
