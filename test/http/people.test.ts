import { ada, bob, startPeople, tokenOf, type Browser, type People } from './people-harness';

let people: People;
let owner: Browser;
let ownerId: string;
beforeAll(async () => {
  people = await startPeople();
  owner = people.browser();
  const joined = await owner.call('POST', `/api/join/${await people.linkToken()}`, ada);
  ownerId = joined.body.person.id;
});
afterAll(() => people.close());

const join = (token: string, who: object) => people.browser().call('POST', `/api/join/${token}`, who);
const invite = async (email: string, role = 'member') => {
  const answer = await owner.call('POST', '/api/v1/invitations', { email, role });
  expect(answer.status).toBe(201);
  return { id: String(answer.body.id), token: tokenOf(answer.body.link), answer };
};
const status = async (browser: Browser) => (await browser.call('GET', '/api/v1/session')).status;

describe('the first owner', () => {
  test('has a link for as long as there is no owner; each start makes the one before worthless', async () => {
    const fresh = await startPeople();
    try {
      const first = await fresh.linkToken();
      const second = await fresh.linkToken();
      const browser = fresh.browser();
      expect((await browser.call('GET', `/api/join/${first}`)).body.code).toBe('link_gone');
      expect((await browser.call('GET', `/api/join/${second}`)).body).toEqual({
        ...{ kind: 'first owner', role: 'owner', email: null, workspaceName: 'Acme' },
      });
      const nameless = await browser.call('POST', `/api/join/${second}`, { name: 'A', password: ada.password });
      expect(nameless.body.errors).toEqual([{ pointer: '/email', detail: 'is missing; send a string' }]);
      expect((await browser.call('POST', `/api/join/${second}`, ada)).status).toBe(201);
      expect(await fresh.linkToken()).toBeUndefined();
      expect((await fresh.browser().call('POST', `/api/join/${second}`, bob)).body.code).toBe('link_gone');
    } finally {
      await fresh.close();
    }
  });

  test('is one, whoever follows the links of two gateways at once', async () => {
    const fresh = await startPeople();
    try {
      const token = await fresh.linkToken();
      const answers = await Promise.all(
        [1, 2, 3, 4].map((each) =>
          fresh.browser().call('POST', `/api/join/${token}`, { ...ada, email: `ada${each}@acme.com` }),
        ),
      );
      expect(answers.map((answer) => answer.status).sort()).toEqual([201, 404, 404, 404]);
      const { body } = await fresh.call('GET', '/people');
      expect(body.data).toHaveLength(1);
    } finally {
      await fresh.close();
    }
  });
});

describe('an invitation', () => {
  test('lets one in, with its role, once', async () => {
    const { token, answer } = await invite(' Bob@Acme.com');
    expect(answer.body).toMatchObject({ email: bob.email, role: 'member', invitedBy: ada.name });
    expect(answer.body.link).toBe(`${people.url}/join/${token}`);
    const listed = await owner.call('GET', '/api/v1/invitations');
    expect(listed.body.data).toEqual([expect.objectContaining({ email: bob.email })]);
    expect(listed.text).not.toContain(token);

    expect((await people.browser().call('GET', `/api/join/${token}`)).body).toEqual({
      ...{ kind: 'invite', role: 'member', email: bob.email, workspaceName: 'Acme' },
    });
    expect((await join(token, { password: bob.password })).body.errors[0].pointer).toBe('/name');
    expect((await join(token, { name: 'Bob', password: 'short' })).body.errors[0].pointer).toBe('/password');
    const [one, two] = await Promise.all([join(token, { ...bob, email: 'mallory@acme.com' }), join(token, bob)]);
    expect([one.status, two.status].sort()).toEqual([201, 404]);
    expect((one.status === 201 ? one : two).body.person).toMatchObject({ email: bob.email, role: 'member' });
    expect((await owner.call('GET', '/api/v1/invitations')).body.data).toEqual([]);
    expect((await owner.call('POST', '/api/v1/invitations', { email: bob.email })).body.code).toBe('email_taken');
  });

  test('can be taken back, is replaced by a newer one, and holds for a week', async () => {
    const first = await invite('carol@acme.com');
    const second = await invite('carol@acme.com', 'owner');
    expect((await join(first.token, bob)).body.code).toBe('link_gone');
    expect((await owner.call('DELETE', `/api/v1/invitations/${second.id}`)).status).toBe(204);
    expect((await owner.call('DELETE', `/api/v1/invitations/${second.id}`)).status).toBe(404);
    expect((await join(second.token, bob)).body.code).toBe('link_gone');

    const third = await invite('carol@acme.com');
    people.clock.nowMs += 7 * 86_400_000 - 1;
    expect((await people.browser().call('GET', `/api/join/${third.token}`)).status).toBe(200);
    people.clock.nowMs += 1;
    expect((await join(third.token, bob)).body.code).toBe('link_gone');
    expect((await owner.call('GET', '/api/v1/invitations')).body.data).toEqual([]);
    people.clock.nowMs = Date.now();
  });

  test('does not let in under an address that somebody has', async () => {
    const { token } = await invite('dan@acme.com');
    await people.database.db.collection('people').updateOne({ email: bob.email }, { $set: { email: 'dan@acme.com' } });
    const answer = await join(token, { name: 'Dan', password: bob.password });
    expect([answer.status, answer.body.code]).toEqual([409, 'email_taken']);
    await people.database.db.collection('people').updateOne({ email: 'dan@acme.com' }, { $set: { email: bob.email } });
    // Nothing of the attempt is left, and the link still holds.
    expect((await join(token, { name: 'Dan', password: bob.password })).status).toBe(201);
  });
});

describe('roles', () => {
  test.each([
    ['PATCH', '/workspace', { name: 'Mine' }],
    ['POST', '/api-keys', { name: 'Mine' }],
    ['DELETE', '/api-keys/key_000000000000000000000000', undefined],
    ['PATCH', '/people/per_000000000000000000000000', { role: 'owner' }],
    ['DELETE', '/people/per_000000000000000000000000', undefined],
    ['POST', '/people/per_000000000000000000000000/reset-link', undefined],
    ['GET', '/invitations', undefined],
    ['POST', '/invitations', { email: 'eve@acme.com' }],
    ['DELETE', '/invitations/inv_000000000000000000000000', undefined],
  ])('a member may not %s %s', async (method, path, body) => {
    const member = people.browser();
    await member.signIn(bob);
    const answer = await member.call(method, `/api/v1${path}`, body);
    expect([answer.status, answer.body.code]).toEqual([403, 'owner_only']);
    expect(answer.body.detail).toContain('owner');
  });

  test('a member reads, sees who the owners are, and may change the own name', async () => {
    const member = people.browser();
    await member.signIn(bob);
    expect((await member.call('GET', '/api/v1/workspace')).status).toBe(200);
    const { body } = await member.call('GET', '/api/v1/people');
    expect(body.data[0]).toMatchObject({ id: ownerId, role: 'owner', name: ada.name });
    const renamed = await member.call('PATCH', '/api/v1/people/me', { name: 'Robert' });
    expect([renamed.status, renamed.body.name]).toEqual([200, 'Robert']);
    expect((await member.call('GET', '/api/v1/session')).body.person.name).toBe('Robert');
  });

  test('a key may do what an owner may, but is nobody', async () => {
    expect((await people.call('GET', '/people')).status).toBe(200);
    expect((await people.call('GET', '/invitations')).status).toBe(200);
    expect((await people.call('PATCH', '/people/me', { name: 'Key' })).body.code).toBe('person_only');
    expect((await people.call('GET', '/session')).body).toMatchObject({ by: 'key', person: null });
  });

  test('another workspace sees and changes nothing of it', async () => {
    const other = await people.addWorkspace();
    expect((await other.call('GET', '/people')).body.data).toEqual([]);
    expect((await other.call('DELETE', `/people/${ownerId}`)).status).toBe(404);
    expect((await other.call('PATCH', `/people/${ownerId}`, { role: 'member' })).status).toBe(404);
    expect((await other.call('POST', `/people/${ownerId}/reset-link`)).status).toBe(404);
    const { id } = await invite('fred@acme.com');
    expect((await other.call('DELETE', `/invitations/${id}`)).status).toBe(404);
  });
});

describe('a person', () => {
  test('who is made a member loses the rights of an owner at once', async () => {
    const { browser, id } = await people.invited({ ...bob, email: 'gina@acme.com' }, 'owner');
    expect((await browser.call('GET', '/api/v1/invitations')).status).toBe(200);
    const changed = await owner.call('PATCH', `/api/v1/people/${id}`, { role: 'member' });
    expect(changed.body).toMatchObject({ id, role: 'member' });
    expect((await browser.call('GET', '/api/v1/invitations')).status).toBe(403);
  });

  test('who is removed is signed out at once, and cannot sign in', async () => {
    const { browser, id } = await people.invited({ ...bob, email: 'henry@acme.com' }, 'member');
    const reset = await owner.call('POST', `/api/v1/people/${id}/reset-link`);
    expect(await status(browser)).toBe(200);
    expect((await owner.call('DELETE', `/api/v1/people/${id}`)).status).toBe(204);
    expect(await status(browser)).toBe(401);
    expect((await browser.signIn({ ...bob, email: 'henry@acme.com' })).status).toBe(401);
    expect((await join(tokenOf(reset.body.link), { password: bob.password })).body.code).toBe('link_gone');
    for (const name of ['sessions', 'credentials'])
      expect(await people.database.db.collection(name).countDocuments({ userId: id })).toBe(0);
    expect((await owner.call('DELETE', `/api/v1/people/${id}`)).status).toBe(404);
  });

  test('who is made a member, or removed, leaves no link behind that they know', async () => {
    for (const leave of ['made a member', 'removed']) {
      const carol = { name: 'Carol', email: `carol-${leave.length}@acme.com`, password: ada.password };
      const browser = people.browser();
      const { token } = await invite(carol.email, 'owner');
      const joined = await browser.call('POST', `/api/join/${token}`, carol);
      const carolId = joined.body.person.id;
      const back = await browser.call('POST', '/api/v1/invitations', {
        email: `back-${leave.length}@acme.com`,
        role: 'owner',
      });
      const taken = await browser.call('POST', `/api/v1/people/${ownerId}/reset-link`, {});
      if (leave === 'removed') await owner.call('DELETE', `/api/v1/people/${carolId}`);
      else await owner.call('PATCH', `/api/v1/people/${carolId}`, { role: 'member' });
      for (const { body } of [back, taken]) {
        const answer = await people.browser().call('GET', `/api/join/${tokenOf(body.link)}`);
        expect({ leave, code: answer.body.code }).toEqual({ leave, code: 'link_gone' });
      }
    }
  });

  test('whose password is lost chooses a new one by a link, and is signed out elsewhere', async () => {
    const who = { ...bob, email: 'iris@acme.com' };
    const { browser, id } = await people.invited(who, 'member');
    const { body } = await owner.call('POST', `/api/v1/people/${id}/reset-link`);
    const token = tokenOf(body.link);
    expect((await people.browser().call('GET', `/api/join/${token}`)).body).toMatchObject({
      ...{ kind: 'reset', email: who.email },
    });
    expect((await owner.call('GET', '/api/v1/invitations')).text).not.toContain(who.email);
    const chosen = await join(token, { password: 'a wholly new one' });
    expect([chosen.status, chosen.body.person.id]).toEqual([201, id]);
    expect(await status(browser)).toBe(401);
    expect((await browser.signIn(who)).status).toBe(401);
    expect((await browser.signIn({ ...who, password: 'a wholly new one' })).status).toBe(200);
    expect((await join(token, { password: 'and once again' })).body.code).toBe('link_gone');
  });
});

describe('the last owner', () => {
  test('cannot be removed or made a member', async () => {
    for (const call of [
      owner.call('DELETE', `/api/v1/people/${ownerId}`),
      owner.call('PATCH', `/api/v1/people/${ownerId}`, { role: 'member' }),
    ]) {
      const answer = await call;
      expect([answer.status, answer.body.code]).toEqual([409, 'last_owner']);
    }
    expect((await owner.call('PATCH', `/api/v1/people/${ownerId}`, { role: 'owner' })).status).toBe(200);
  });

  test('stays, also when two owners go at once', async () => {
    const { id } = await people.invited({ ...bob, email: 'jack@acme.com' }, 'owner');
    const answers = await Promise.all([
      people.call('DELETE', `/people/${id}`),
      people.call('PATCH', `/people/${ownerId}`, { role: 'member' }),
    ]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([expect.any(Number), 409]);
    const { body } = await people.call('GET', '/people');
    expect(body.data.filter(({ role }: { role: string }) => role === 'owner')).toHaveLength(1);
  });
});
