import { ada, bob, Browser, startPeople, tokenOf, type People } from './people-harness';

let people: People;
let owner: Browser;
beforeAll(async () => {
  people = await startPeople();
  const token = await people.linkToken();
  owner = people.browser();
  const joined = await owner.call('POST', `/api/join/${token}`, ada);
  expect([joined.status, joined.body]).toEqual([
    201,
    { person: { id: expect.stringMatching(/^per_/), name: ada.name, email: ada.email, role: 'owner' } },
  ]);
});
afterAll(() => people.close());

describe('signing in', () => {
  test('gives a session that the management calls take, and signing out ends it', async () => {
    const browser = people.browser();
    const answer = await browser.signIn({ ...ada, email: '  ADA@acme.com ' });
    expect([answer.status, answer.body.person.email]).toEqual([200, ada.email]);
    const [cookie] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^esx\.session_token=.+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.text).not.toContain([...browser.cookies.values()][0]?.split('.')[0]);

    const session = await browser.call('GET', '/api/v1/session');
    expect(session.body).toMatchObject({
      by: 'person',
      person: { name: ada.name, email: ada.email, role: 'owner' },
      workspace: { id: people.workspaceId, name: 'Acme', plan: 'pro' },
      server: { version: '1.2.3', publicUrl: people.url, temporalUiUrl: null, retryDelaysMs: [1], isMailboxUsed: true },
    });
    expect((await browser.call('GET', '/api/auth/get-session')).body.person.name).toBe(ada.name);

    const kept = new Browser(people.url);
    kept.cookies = new Map(browser.cookies);
    expect((await browser.call('POST', '/api/auth/sign-out')).status).toBe(204);
    expect(browser.cookies.size).toBe(0);
    const after = await kept.call('GET', '/api/v1/session');
    expect([after.status, after.body.code]).toEqual([401, 'session_ended']);
    expect((await kept.call('GET', '/api/auth/get-session')).body).toEqual({ person: null });
  });

  test('says the same of an unknown address and of a wrong password, and takes as long', async () => {
    const time = async (who: { email: string; password: string }) => {
      const before = process.cpuUsage();
      const answer = await people.browser().signIn(who);
      const { user, system } = process.cpuUsage(before);
      const took = user + system;
      return {
        took,
        status: answer.status,
        code: answer.body.code,
        detail: answer.body.detail,
      };
    };
    const rounds = [1, 2, 3];
    const wrong = [];
    const unknown = [];
    for (const round of rounds) {
      wrong.push(await time({ email: ada.email, password: `not her password ${round}` }));
      unknown.push(await time({ email: `nobody${round}@acme.com`, password: 'not her password' }));
    }
    const { took: _took, ...said } = wrong[0]!;
    expect(said).toMatchObject({ status: 401, code: 'wrong_credentials' });
    for (const { took: _each, ...answer } of [...wrong, ...unknown]) expect(answer).toEqual(said);
    // Both hash a password with scrypt, which is nearly all of their work; a busy machine does not make it more.
    const least = (answers: { took: number }[]) => Math.min(...answers.map(({ took }) => took));
    expect(least(unknown)).toBeGreaterThan(least(wrong) / 3);
    expect(least(wrong)).toBeGreaterThan(least(unknown) / 3);
  });

  test.each([
    ['no JSON', 'x', 400, 'not_json'],
    ['no address', { email: 'ada', password: 'x' }, 422, 'invalid_body'],
    ['an object for a password', { email: ada.email, password: { $ne: '' } }, 422, 'invalid_body'],
    ['a password too long to hash', { email: ada.email, password: 'x'.repeat(129) }, 422, 'invalid_body'],
    ['a field more', { email: ada.email, password: 'x', rememberMe: false }, 422, 'invalid_body'],
  ])('refuses %s', async (_what, body, status, code) => {
    const response = await fetch(`${people.url}/api/auth/sign-in/email`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    expect(response.headers.get('content-type')).toMatch('application/problem+json');
    expect([response.status, await response.json()]).toEqual([status, expect.objectContaining({ code })]);
  });

  test('serves no other call of the library', async () => {
    for (const [method, path] of [
      ['POST', '/sign-up/email'],
      ['POST', '/update-user'],
      ['POST', '/delete-user'],
      ['POST', '/request-password-reset'],
      ['POST', '/reset-password'],
      ['GET', '/list-sessions'],
      ['GET', '/ok'],
      ['GET', '/error'],
      ['POST', '/sign-in/social'],
    ] as const) {
      const answer = await fetch(`${people.url}/api/auth${path}`, { method });
      expect([path, answer.status]).toEqual([path, 404]);
    }
  });
});

describe('a cookie', () => {
  test('that was altered or made up is worth nothing', async () => {
    const [name, value] = [...owner.cookies][0]!;
    const forger = people.browser();
    for (const forged of [`${value.slice(0, -6)}AAAAAA`, value.split('.')[0] ?? '', `x.${value.split('.')[1]}`]) {
      forger.cookies = new Map([[name, forged]]);
      expect((await forger.call('GET', '/api/v1/workspace')).status).toBe(401);
    }
  });

  test('does not pass for a key, nor a key for a cookie', async () => {
    const [name, value] = [...owner.cookies][0]!;
    expect((await owner.call('GET', '/api/v1/workspace')).status).toBe(200);
    expect((await people.callWith(value)('GET', '/workspace')).status).toBe(401);
    const holder = people.browser();
    expect((await people.call('GET', '/workspace')).status).toBe(200);
    holder.cookies = new Map([[name, people.key]]);
    expect((await holder.call('GET', '/api/v1/workspace')).status).toBe(401);
  });

  test('that was planted beside a session lets nobody in who has that one alone', async () => {
    const planted = '__Secure-esx.session_token=planted';
    const [session = ''] = [...owner.cookies].map((pair) => pair.join('='));
    const look = (cookie: string) => fetch(`${people.url}/api/v1/session`, { headers: { cookie } });
    expect((await look(`${planted}; ${session}`)).status).toBe(200);
    expect((await look(planted)).status).toBe(401);
  });

  test.each<[string, Record<string, string>, number]>([
    ['a page of ours', { origin: 'own', 'sec-fetch-site': 'same-origin' }, 200],
    ['a page of ours, in an old browser', { origin: 'own' }, 200],
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
    ['another site, in an old browser', { origin: 'https://evil.example' }, 403],
    ['a sandboxed frame', { origin: 'null' }, 403],
    ['another host of the same site', { origin: 'own', 'sec-fetch-site': 'same-site' }, 403],
    ['nobody knows where', {}, 403],
  ])('speaks for changes that come from %s: %j', async (_where, headers, status) => {
    const sent = { ...headers, ...(headers['origin'] === 'own' ? { origin: people.url } : {}) };
    const browser = people.browser(sent);
    browser.cookies = new Map(owner.cookies);
    const change = await browser.call('PATCH', '/api/v1/workspace', { name: 'Acme' });
    expect(change.status).toBe(status);
    if (status === 403) expect(change.body.code).toBe('foreign_origin');
    expect((await browser.call('GET', '/api/v1/workspace')).status).toBe(200);
  });

  test('opens no stream for a page of another origin, not even of the same site', async () => {
    const cookie = [...owner.cookies].map((pair) => pair.join('=')).join('; ');
    const held = await fetch(`${people.url}/api/v1/held`, { headers: { cookie, 'sec-fetch-site': 'same-site' } });
    expect([held.status, await held.json()]).toEqual([403, expect.objectContaining({ code: 'foreign_origin' })]);
  });

  test('is not asked for where a key comes along', async () => {
    const browser = people.browser({ origin: 'https://evil.example', authorization: `Bearer ${people.key}` });
    browser.cookies = new Map(owner.cookies);
    expect((await browser.call('PATCH', '/api/v1/workspace', { name: 'Acme' })).status).toBe(200);
  });

  test('of another site cannot be planted: signing in from there is refused', async () => {
    const browser = people.browser({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' });
    expect((await browser.signIn(ada)).body.code).toBe('foreign_origin');
    expect((await browser.call('POST', '/api/join/abc', ada)).body.code).toBe('foreign_origin');
  });

  test('is Secure where the world comes by HTTPS, and the page there may send it', async () => {
    const secure = await startPeople('https://mail.acme.com');
    try {
      const token = await secure.linkToken();
      const browser = secure.browser({ origin: 'https://mail.acme.com', 'sec-fetch-site': 'same-origin' });
      const joined = await browser.call('POST', `/api/join/${token}`, ada);
      expect(joined.headers.getSetCookie()[0]).toMatch(/^__Secure-esx\.session_token=.+; Secure/);
      expect((await browser.call('PATCH', '/api/v1/workspace', { name: 'B' })).status).toBe(200);
    } finally {
      await secure.close();
    }
  });
});

test('a session that is used is prolonged once a day, and is over after a week', async () => {
  const browser = people.browser();
  await browser.signIn(ada);
  const sessions = people.database.db.collection('sessions');
  const [newest] = await sessions.find().sort({ createdAt: -1 }).limit(1).toArray();
  const expireIn = (ms: number) =>
    sessions.updateOne({ _id: newest!._id }, { $set: { expiresAt: new Date(Date.now() + ms) } });
  const dayMs = 86_400_000;

  const soon = await browser.call('GET', '/api/v1/session');
  expect(soon.headers.getSetCookie()).toEqual([]);
  people.auth.forget();
  await expireIn(5.9 * dayMs);
  const later = await browser.call('GET', '/api/v1/session');
  expect(later.headers.getSetCookie()[0]).toContain('Max-Age=604800');
  const kept = await sessions.findOne({ _id: newest!._id });
  expect(kept?.['expiresAt'].getTime()).toBeGreaterThan(Date.now() + 6.9 * dayMs);
  people.auth.forget();
  await expireIn(-1);
  expect((await browser.call('GET', '/api/v1/session')).status).toBe(401);
});

test('an answer that goes on notices the end of its session, and does not prolong it', async () => {
  const browser = people.browser();
  await browser.signIn(ada);
  const sessions = people.database.db.collection('sessions');
  const [newest] = await sessions.find().sort({ createdAt: -1 }).limit(1).toArray();
  const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
  const held = await fetch(`${people.url}/api/v1/held`, { headers: { cookie } });
  const dots = held.body!.getReader();
  const expiresAt = new Date(Date.now() + 2 * 86_400_000);
  await sessions.updateOne({ _id: newest!._id }, { $set: { expiresAt } });
  people.auth.forget();
  // The first of them may have been asked for before.
  for (let dot = 0; dot < 3; dot++) await dots.read();
  expect((await sessions.findOne({ _id: newest!._id }))?.['expiresAt']).toEqual(expiresAt);
  await sessions.deleteOne({ _id: newest!._id });
  people.auth.forget();
  let rest = '';
  for (let part = await dots.read(); !part.done; part = await dots.read()) rest += Buffer.from(part.value).toString();
  expect(rest).toMatch(/session_ended$/);
});

test('who is removed hears no more webhooks', async () => {
  const { browser, id } = await people.invited({ ...bob, email: 'fay@acme.com' }, 'member');
  const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
  const stream = await fetch(`${people.url}/api/v1/listen?onlySent=true`, { headers: { cookie } });
  expect(stream.status).toBe(200);
  expect((await people.call('DELETE', `/people/${id}`)).status).toBe(204);
  // Ends only when the server closes it.
  expect(await stream.text()).toMatch(/^event: hello/);
});

test('attempts are limited: by email address, and by visitor', async () => {
  const tired = await startPeople();
  try {
    const browser = tired.browser();
    const statuses = [];
    for (let attempt = 0; attempt < 21; attempt++) statuses.push((await browser.signIn(bob)).status);
    expect(statuses.slice(0, 20).every((status) => status === 401)).toBe(true);
    const refused = await browser.signIn({ ...bob, email: 'BOB@acme.com' });
    expect([refused.status, refused.body.code]).toEqual([429, 'too_many_requests']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await browser.signIn({ ...bob, email: 'other@acme.com' })).status).toBe(401);
    for (let attempt = 0; attempt < 40; attempt++) await browser.call('GET', `/api/join/${attempt}`);
    expect((await browser.signIn({ ...bob, email: 'third@acme.com' })).status).toBe(429);
  } finally {
    await tired.close();
  }
});

test('whoever tries passwords from elsewhere locks nobody out', async () => {
  const erin = { ...ada, email: 'erin@acme.com' };
  const { browser } = await people.invited(erin, 'member');
  expect((await browser.signIn(erin)).status).toBe(200);
  const stranger = people.browser({ ...browser.headers, 'x-forwarded-for': '203.0.113.7' });
  const statuses = [];
  for (let attempt = 0; attempt < 20; attempt++) {
    statuses.push((await stranger.signIn({ ...erin, password: `guess ${attempt}` })).status);
  }
  expect([statuses.includes(401), statuses.at(-1)]).toEqual([true, 429]);
  expect((await browser.signIn(erin)).status).toBe(200);
  const change = { currentPassword: erin.password, newPassword: 'quite another one' };
  expect((await browser.call('POST', '/api/auth/change-password', change)).status).toBe(204);
});

test('a new password needs the old one, and ends all other sessions', async () => {
  const { browser } = await people.invited({ ...bob, email: 'carol@acme.com' }, 'member');
  const other = people.browser();
  await other.signIn({ ...bob, email: 'carol@acme.com' });
  const path = '/api/auth/change-password';
  const wrong = await browser.call('POST', path, { currentPassword: 'x', newPassword: 'quite another one' });
  expect([wrong.status, wrong.body.errors]).toEqual([
    422,
    [{ pointer: '/currentPassword', detail: 'is not your current password' }],
  ]);
  const short = await browser.call('POST', path, { currentPassword: bob.password, newPassword: 'short' });
  expect(short.body.errors[0]).toEqual({ pointer: '/newPassword', detail: 'must have at least 12 characters' });
  expect((await other.call('GET', '/api/v1/session')).status).toBe(200);

  const changed = await browser.call('POST', path, { currentPassword: bob.password, newPassword: 'quite another one' });
  expect(changed.status).toBe(204);
  expect((await other.call('GET', '/api/v1/session')).status).toBe(401);
  expect((await browser.call('GET', '/api/v1/session')).status).toBe(200);
  expect((await other.signIn({ ...bob, email: 'carol@acme.com' })).status).toBe(401);
  expect((await other.signIn({ email: 'carol@acme.com', password: 'quite another one' })).status).toBe(200);
  expect(
    (await people.browser().call('POST', path, { currentPassword: 'x', newPassword: 'y'.repeat(12) })).status,
  ).toBe(401);
});

test('no secret lies in the database as it stands in a link, nor a password', async () => {
  const { body } = await people.call('POST', '/invitations', { email: 'dora@acme.com' });
  const names = await people.database.db.listCollections().toArray();
  const all = await Promise.all(names.map(({ name }) => people.database.db.collection(name).find().toArray()));
  const text = JSON.stringify(all);
  expect(text).toContain('dora@acme.com');
  expect(text).not.toContain(tokenOf(body.link));
  expect(text).not.toContain(ada.password);
});
