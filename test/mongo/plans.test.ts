import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSignIn } from '../../src/auth/sign-in';
import { ensureFirstWorkspace } from '../../src/first-start';
import { createLogger } from '../../src/logger';
import { createAttemptRecorder } from '../../src/mongo/group-log';
import { newId } from '../../src/mongo/new-id';
import { keepWhatIsUsed } from '../../src/mongo/retention';
import { createRunLog } from '../../src/mongo/run-log';
import type { Stores } from '../../src/mongo/stores';
import { openTestDatabase, type TestDatabase } from './support/database';
import { accountOf, accountPassword, fillAccounts } from './support/account-exercises';
import { fillCampaignResults } from './support/campaign-result-exercises';
import { eachOf, now, one, type Exercise } from './support/exercise';
import { attemptOf, delivery, exercisesOf } from './support/exercises';
import { deliveryOf, fill, idOf } from './support/filled';
import { fillEmails } from './support/filled-emails';
import { fillListeners } from './support/listen-exercises';
import { complaint, plansOf } from './support/plans';
import { fillMail } from './support/mail-exercises';
import { fillPeople } from './support/people-exercises';
import { fillProviders } from './support/provider-exercises';
import { fillTemplates } from './support/template-exercises';

let opened: TestDatabase;
beforeAll(async () => {
  opened = await openTestDatabase();
  await fill(opened.database, opened.stores);
  await fillEmails(opened.stores);
  await fillTemplates(opened.stores);
  await fillAccounts(opened.database, opened.stores);
  await fillCampaignResults(opened.stores);
  await fillProviders(opened.stores);
  await fillMail(opened.stores);
  await fillPeople(opened.stores);
  await fillListeners(opened.stores);
});
afterAll(() => opened.close());

const called = new Set<string>();
/** The stores that are open by the time that one is asked for. */
const stores = new Proxy<Stores>(Object.create(null), {
  get: (_target, name: keyof Stores) => noting(name, opened.stores[name]),
});

/** The store, noting which of its methods are called. */
function noting<Store extends object>(name: string, store: Store): Store {
  return new Proxy(store, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== 'function') return value;
      called.add(`${name}.${String(property)}`);
      return value.bind(target);
    },
  });
}

const exercises = exercisesOf(stores, () => opened.database);

async function look({ run: work, ...allowance }: Exercise): Promise<{ plans: number; complaints: string[] }> {
  const plans = await plansOf(opened.database.db, work);
  return { plans: plans.length, complaints: plans.flatMap((plan) => complaint(plan, allowance) ?? []) };
}

describe.each(Object.entries(exercises))('the store of %s reads little more than it finds:', (name, methods) => {
  test.each(Object.entries<Exercise | Exercise[]>({ ...methods }))('%s', async (method, exercise) => {
    for (const each of [exercise].flat()) {
      const { plans, complaints } = await look(each);
      expect(complaints).toEqual([]);
      if (each.ask > 0) expect(plans).toBeGreaterThan(0);
    }
    expect(called).toContain(`${name}.${method}`);
  });
});

describe('outside of the stores', () => {
  test('only these files read or write, and are looked at below', () => {
    const folder = join(__dirname, '../../src');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => {
      const text = file.endsWith('.ts') ? readFileSync(join(folder, file), 'utf8') : '';
      return /\.collection\b/.test(text) && !/^export class \w+Store\b/m.test(text);
    });
    expect(files.sort()).toEqual([
      'first-start.ts',
      'mongo/group-log.ts',
      'mongo/retention.ts',
      'mongo/run-log.ts',
      'mongo/stores.ts',
    ]);
  });

  test('the first start', async () => {
    const { plans, complaints } = await look({
      ...one,
      run: () => ensureFirstWorkspace(opened.database, opened.stores, undefined),
    });
    expect(complaints).toEqual([]);
    expect(plans).toBeGreaterThan(0);
  });

  test('signing in, and what else the library for it does', async () => {
    const { db } = opened.database;
    const secret = 'a secret of the tests, not for anything else';
    const signIn = createSignIn({ db, secret, isSecure: false, logger: createLogger('silent') });
    const { plans, complaints } = await look({
      ...one,
      async run() {
        const found = await signIn.signIn(accountOf(1).email, accountPassword);
        const cookies = found?.setCookies.map((cookie) => cookie.split(';')[0]).join('; ') ?? '';
        expect(await signIn.session(cookies, true)).toBeDefined();
        const changed = await signIn.changePassword(cookies, accountPassword, `${accountPassword} 2`);
        await signIn.signOut(changed?.map((cookie) => cookie.split(';')[0]).join('; ') ?? '');
      },
    });
    expect(complaints).toEqual([]);
    expect(plans).toBeGreaterThan(5);
  });

  test('the recorder of attempts', async () => {
    const recorder = createAttemptRecorder(opened.database, opened.stores);
    const after = {
      ...{ status: 'delivered' as const, attemptCount: 1, round: 1, attemptsInRound: 1 },
      ...{ lastStatusCode: 200, lastError: undefined },
    };
    const made = delivery();
    const records = [
      { delivery: made, isNew: true },
      { delivery: { ...made, id: newId('delivery') }, isNew: true },
      { delivery: deliveryOf(4), isNew: false },
    ];
    const { plans, complaints } = await look({
      ...one,
      run: () => eachOf(records, (each) => recorder.record({ ...each, attempt: attemptOf(each.delivery.id), after })),
    });
    expect(complaints).toEqual([]);
    expect(plans).toBeGreaterThan(0);
  });

  test('the end of a run', async () => {
    const runLog = createRunLog(opened.database, opened.stores);
    const key = `${idOf('automation', 1)}/${idOf('contact', 7)}/m7`;
    const { plans, complaints } = await look({
      ...one,
      run: () => runLog.end(key, { status: 'completed' }, now.getTime()),
    });
    expect(complaints).toEqual([]);
    expect(plans).toBe(3);
  });

  test('keeping what is used', async () => {
    const { plans, complaints } = await look({
      ask: 300,
      run: () => keepWhatIsUsed(opened.stores, 1_000, now),
    });
    expect(complaints).toEqual([]);
    expect(plans).toBeGreaterThanOrEqual(4);
  });
});

test('a query without an index, and a sort, are noticed', async () => {
  const { collection } = opened.stores.contacts;
  const { complaints } = await look({
    ask: 10,
    run: () => collection.find({ firstName: null }).sort({ updatedAt: 1 }).limit(10).toArray(),
  });
  expect(complaints).toEqual([
    expect.stringMatching(/reads the whole collection, sorts in memory, reads 3\d+ documents for 10/),
  ]);
});
