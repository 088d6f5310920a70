import { attemptsOf, deliveryOf, untilAttempts, untilExecution, untilStatus } from './support/look';
import { inOrder, type Reply } from './support/scripted-sender';
import { addEndpoint, dispatchEvent, startDelivery } from './support/seed';
import { setStage } from './support/stage';
import { expectAttemptsAt, roundSeconds } from './support/timeline';

const stage = setStage();

describe('the timeline of a delivery', () => {
  it('attempts at 0, 30, 150, 750, 2550 and 6150 s, fails, and does it all again when retriggered', async () => {
    const scene = await stage.open();
    scene.sender.follow(() => 500);
    const { id, eventId } = await startDelivery(scene);

    await scene.place.skip(6_200_000);
    const failed = await untilStatus(scene, id, 'failed');
    expectAttemptsAt(await attemptsOf(scene, id), roundSeconds);
    expect(failed).toMatchObject({ attemptCount: 6, round: 1, lastStatusCode: 500 });
    expect(failed.nextAttemptAtMs).toBeUndefined();

    await scene.starter.retrigger(failed);
    await untilAttempts(scene, id, 7);
    await scene.place.skip(6_200_000);
    expect(await untilStatus(scene, id, 'failed')).toMatchObject({ attemptCount: 12, round: 2 });

    const attempts = await attemptsOf(scene, id);
    expectAttemptsAt(attempts.slice(6), roundSeconds);
    expect(attempts.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(attempts.map(({ round }) => round)).toEqual([1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
    expect(attempts.flatMap(({ trigger, number }) => (trigger === 'manual' ? [number] : []))).toEqual([7]);
    expect(scene.sender.sent).toHaveLength(12);
    expect(scene.sender.of(eventId)).toHaveLength(12);
    expect(new Set(scene.sender.sent.map(({ body }) => body)).size).toBe(1);
  });

  it('ends with the first 2xx', async () => {
    const scene = await stage.open();
    scene.sender.follow(inOrder(500, 302, 404, 204));
    const { id, workflowId } = await startDelivery(scene);
    await scene.place.skip(760_000);
    await untilExecution(scene, workflowId, 'COMPLETED');
    expectAttemptsAt(await attemptsOf(scene, id), [0, 30, 150, 750]);
    const delivered = await deliveryOf(scene, id);
    expect(delivered).toMatchObject({ status: 'delivered', attemptCount: 4, lastStatusCode: 204 });
    expect(delivered.nextAttemptAtMs).toBeUndefined();
  });

  it('shows when the next attempt is due while it waits', async () => {
    const scene = await stage.open();
    scene.sender.follow(() => 500);
    const { id } = await startDelivery(scene);
    const [first] = await untilAttempts(scene, id, 1);
    const waiting = await untilStatus(scene, id, 'retrying');
    expect(waiting.nextAttemptAtMs).toBe((first?.atMs ?? 0) + 30_000);
  });

  it('lets Retry-After of a 429 or 503 lengthen a wait to twice its length, and nothing else', async () => {
    const cases: { reply: Reply; secondAtSeconds: number }[] = [
      { reply: { statusCode: 429, retryAfter: '50' }, secondAtSeconds: 50 },
      { reply: { statusCode: 503, retryAfter: '45' }, secondAtSeconds: 45 },
      { reply: { statusCode: 429, retryAfter: '3600' }, secondAtSeconds: 60 },
      { reply: { statusCode: 429, retryAfter: '5' }, secondAtSeconds: 30 },
      { reply: { statusCode: 500, retryAfter: '50' }, secondAtSeconds: 30 },
    ];
    const scene = await stage.open();
    const endpointIds: string[] = [];
    for (const index of cases.keys()) {
      endpointIds.push(await addEndpoint(scene, { url: `https://hooks.example.com/${index}` }));
    }
    const isFirst = new Set<string>();
    scene.sender.follow(({ url }) => {
      if (isFirst.has(url)) return 200;
      isFirst.add(url);
      return cases[Number(url.slice(url.lastIndexOf('/') + 1))]?.reply ?? 500;
    });
    const deliveries = await dispatchEvent(scene);
    expect(deliveries).toHaveLength(cases.length);
    await scene.place.skip(70_000);
    for (const { id, endpointId } of deliveries) {
      const wanted = cases[endpointIds.indexOf(endpointId)];
      expectAttemptsAt(await untilAttempts(scene, id, 2), [0, wanted?.secondAtSeconds ?? 0]);
    }
  });
});
