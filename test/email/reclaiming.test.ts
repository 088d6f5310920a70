import { createReclaiming } from '../../src/email/reclaiming';
import { claimLeaseMs } from '../../src/mongo/emails';

function scene() {
  const mongodb = { isAway: false };
  const asked: string[] = [];
  const failures: unknown[] = [];
  const answer = (what: string): Promise<void> => {
    asked.push(what);
    return mongodb.isAway ? Promise.reject(new Error('away')) : Promise.resolve();
  };
  const look = createReclaiming({
    reclaim: (before) => answer(`reclaim ${before.getTime()}`),
    ping: () => answer('ping'),
    now: () => claimLeaseMs + 5,
    onFailure: (error) => void failures.push(error),
  });
  return { mongodb, asked, failures, look };
}

test('the claims of dead mailers are looked for again and again', async () => {
  const { asked, look } = scene();
  for (let time = 0; time < 3; time++) await look();
  expect(asked).toEqual(['ping', 'reclaim 5', 'reclaim 5']);
});

test('a MongoDB that was away is not asked at once: mailers that live come first', async () => {
  const { mongodb, asked, failures, look } = scene();
  await look();
  mongodb.isAway = true;
  for (let time = 0; time < 3; time++) await look();
  mongodb.isAway = false;
  asked.length = 0;
  for (let time = 0; time < 2; time++) await look();
  expect(asked).toEqual(['ping', 'reclaim 5']);
  expect(failures).toHaveLength(3);
});
