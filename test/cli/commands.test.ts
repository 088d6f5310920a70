import { startSystem, apiKey, type System } from '../e2e/support/system';
import { eventually } from '../e2e/support/processes';
import { testMongoUri, testTemporalAddress } from '../support/engines';
import { esx, startEsx } from './support/esx';

let system: System;
let settings: { ESX_URL: string; ESX_API_KEY: string };
let deliveryId: string;
let heldId: string;

beforeAll(async () => {
  system = await startSystem(
    { mongoUri: testMongoUri(), temporalAddress: testTemporalAddress() },
    { WEBHOOK_RETRY_SCHEDULE: '1s,1h,1h' },
  );
  settings = { ESX_URL: system.url, ESX_API_KEY: apiKey };
  await system.untilReady();
  await system.addEndpoint('/fail/9', ['contact.created']);
  await system.identify('ada@example.com', {
    traits: { email: 'ada@example.com', firstName: 'Ada\u001b[31m', plan: 'pro' },
  });
  const deliveries = () => system.call('GET', '/api/v1/webhook-deliveries');
  const two = await eventually('two attempts', async () => {
    const [row] = (await deliveries()).json.data;
    return row?.attemptCount >= 2 ? row : undefined;
  });
  deliveryId = two.id;
  const paused = await system.addEndpoint('/ok', ['contact.updated']);
  await system.call('PATCH', `/api/v1/webhooks/${paused}`, { status: 'paused' });
  await system.identify('ada@example.com', { messageId: 'second', traits: { email: 'ada@example.com', plan: 'free' } });
  heldId = await eventually('one that is held', async () => {
    const rows: any[] = (await deliveries()).json.data;
    return rows.find(({ status }) => status === 'held')?.id;
  });
}, 120_000);
afterAll(() => system.stop());

describe('deliveries', () => {
  test('list shows the log in columns, with the next attempt as a countdown', async () => {
    const { code, out, err } = await esx(['deliveries', 'list'], settings);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [head, ...rows] = out.trimEnd().split('\n');
    expect(head).toMatch(/^ID +EVENT +STATUS +ATTEMPTS +LAST +NEXT +MADE$/);
    expect(rows.map((row) => row.indexOf('  ') > 0 && row.split(/ {2,}/)[0])).toEqual([heldId, deliveryId]);
    const retrying = rows[1]?.split(/ {2,}/);
    expect(retrying?.slice(1, 3)).toEqual(['contact.created', 'retrying']);
    expect(retrying?.slice(3)).toEqual([
      '2',
      '500',
      expect.stringMatching(/^in (1:00:00|59:\d\d)$/),
      expect.any(String),
    ]);
    expect(out).not.toContain('\u001b');
  });

  test('list filters, goes on from a cursor, and answers JSON as the API does', async () => {
    const held = await esx(
      ['deliveries', 'list', '--status', 'held', '--event', 'contact.updated', '--json'],
      settings,
    );
    expect(held.json()).toEqual((await system.call('GET', '/api/v1/webhook-deliveries?status=held')).json);
    const first = await esx(['deliveries', 'list', '--limit', '1'], settings);
    const cursor = /--cursor (\S+)/.exec(first.err)?.[1] ?? '';
    const second = await esx(['deliveries', 'list', '--limit', '1', '--cursor', cursor], settings);
    expect(second.out).toContain(deliveryId);
    expect(second.out).not.toContain(heldId);
    const none = await esx(['deliveries', 'list', '--until', '1d'], settings);
    expect(none).toMatchObject({ code: 0, out: expect.stringContaining('No delivery is like that') });
    const wrong = await esx(['deliveries', 'list', '--status', 'lost'], settings);
    expect(wrong).toMatchObject({ code: 1, out: '', err: expect.stringContaining('pending, retrying') });
  });

  test('show draws the timeline: what was made, the next one, and the rest', async () => {
    const { code, out } = await esx(['deliveries', 'show', deliveryId], settings);
    expect(code).toBe(0);
    expect(out).toMatch(/^status +retrying$/m);
    expect(out).toMatch(/^next attempt +in (59:\d\d|1:00:00) /m);
    const marks = out.split('\n').flatMap((line) => /^ {2}([●✗◌·-]) +(\d)/.exec(line)?.slice(1, 3).join('') ?? []);
    expect(marks).toEqual(['✗1', '✗2', '◌3', '·4']);
    expect(out).toMatch(/│ +\+ 1s\n/);
    expect(out).toMatch(/answer of attempt 2\n {2}failing attempt/);
    expect(out).toContain('"event": "contact.created"');
    // What comes from outside steers no terminal.
    expect(out).not.toContain('\u001b');
    const json = (await esx(['deliveries', 'show', deliveryId, '--json'], settings)).json();
    expect(json).toMatchObject({ id: deliveryId, attempts: [{ number: 1 }, { number: 2 }] });
    const payload = (await esx(['deliveries', 'show', deliveryId, '--payload'], settings)).json();
    expect(payload).toEqual(json.payload);
  });

  test('what is not there ends with 3, and a key that is not known with 1', async () => {
    const { code, err } = await esx(['deliveries', 'show', 'dlv_0'], settings);
    expect({ code, err }).toEqual({ code: 3, err: expect.stringContaining('There is no delivery with this id') });
    const stranger = await esx(['deliveries', 'list', '--key', `${apiKey}x`], settings);
    expect(stranger.code).toBe(1);
    expect(stranger.err).toMatch(/not known here.*ESX_API_KEY/);
    expect(stranger.err).not.toContain(apiKey);
  });

  test('retry queues an attempt; of several each is told, and the worst counts', async () => {
    const { code, out } = await esx(['deliveries', 'retry', deliveryId], settings);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(new RegExp(`^${deliveryId} {2}queued {2}`)) });
    await eventually('a third attempt', async () => {
      const { json } = await system.call('GET', `/api/v1/webhook-deliveries/${deliveryId}`);
      return json.attempts.length >= 3 && json.attempts[2].trigger === 'manual';
    });
    const both = await esx(['deliveries', 'retry', 'dlv_0', deliveryId, '--json'], settings);
    expect(both).toMatchObject({ code: 3, err: expect.stringContaining('dlv_0: There is no delivery') });
    expect(both.json()).toMatchObject({ id: deliveryId, status: 'queued' });
    // Its endpoint is paused: refused in the server's own words.
    const refused = await esx(['deliveries', 'retry', heldId], settings);
    expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/paused.*resume it/) });
  });

  test('cancel makes no further attempts', async () => {
    expect((await esx(['deliveries', 'cancel', heldId], settings)).code).toBe(0);
    await eventually('it to be cancelled', async () => {
      const { json } = await system.call('GET', `/api/v1/webhook-deliveries/${heldId}`);
      return json.status === 'cancelled';
    });
  });
});

describe('events', () => {
  test('list and show tell what became of a message', async () => {
    const list = await esx(['events', 'list', '--type', 'identify'], settings);
    expect(list.out).toMatch(/^RECEIVED +TYPE +EVENT +STATUS +ID +EFFECT\n/);
    expect(list.out).toMatch(/identify +- +updated +second +changed /);
    const json = (await esx(['events', 'list', '--limit', '1', '--json'], settings)).json();
    expect(json.data[0].messageId).toBe('second');
    const show = await esx(['events', 'show', 'second'], settings);
    expect(show.out).toMatch(/^outcome +updated$/m);
    expect(show.out).toMatch(/^contact +con_/m);
    expect(show.out).toContain('"plan": "free"');
    expect((await esx(['events', 'show', 'second', '--json'], settings)).json().status).toBe('updated');
    expect((await esx(['events', 'show', 'nothing'], settings)).code).toBe(3);
  });

  test('show says why nothing came of a track', async () => {
    await system.call('POST', '/api/segment/track', {
      type: 'track',
      messageId: 'unheard',
      userId: 'ada',
      event: 'Bought',
    });
    await eventually(
      'it to be worked off',
      async () => (await system.call('GET', '/api/v1/events/unheard')).json.status === 'recorded',
    );
    const { out } = await esx(['events', 'show', 'unheard'], settings);
    expect(out).toMatch(/^event +track "Bought"$/m);
    expect(out).toMatch(/^reason +no automation listens to "bought"$/m);
  });

  test('why says it in words, and asks for something to be named', async () => {
    const { code, out } = await esx(['events', 'why', '--contact', 'ada@example.com', '--event', 'Baught'], settings);
    expect(code).toBe(0);
    expect(out).toMatch(/^[✗·] {2}\w+ +.*Baught/m);
    const json = (await esx(['events', 'why', 'second', '--json'], settings)).json();
    expect(json.sentences.length).toBeGreaterThan(0);
    expect(await esx(['events', 'why'], settings)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--contact'),
    });
  });

  test('tail shows what comes, and ends with 0 at Ctrl-C', async () => {
    const text = startEsx(['events', 'tail', '--last', '1'], settings);
    const json = startEsx(['events', 'tail', '--last', '0', '--json'], settings);
    await text.until('unheard');
    // Its first look is over once it shows what comes next.
    const send = (messageId: string) =>
      system.call('POST', '/api/segment/track', { type: 'track', messageId, userId: 'ada', event: 'Tailed' });
    await eventually('both to show something new', async () => {
      await send(`tailed-${Date.now()}`);
      return text.out().includes('"tailed"') && json.out().includes('tailed-');
    });
    expect(text.out()).not.toContain('second');
    expect(json.rows()[0]).toMatchObject({ type: 'track', event: 'Tailed' });
    expect(await text.interrupt()).toBe(0);
    expect(await json.interrupt()).toBe(0);
  });
});

test('contacts show finds by address and by id, with what happened', async () => {
  const { code, out } = await esx(['contacts', 'show', 'ada@example.com', '--last', '100'], settings);
  expect(code).toBe(0);
  expect(out).toMatch(/^email +ada@example\.com$/m);
  expect(out).toMatch(/^name +Ada�\[31m$/m);
  expect(out).toContain('"plan": "free"');
  expect(out).toMatch(/^\d\d:\d\d:\d\d {2}updated +/m);
  const id = /con_[0-9a-f]{24}/.exec(out)?.[0] ?? '';
  const json = (await esx(['contacts', 'show', id, '--json'], settings)).json();
  expect(json.contact).toMatchObject({ id, email: 'ada@example.com' });
  expect(json.timeline.length).toBeGreaterThan(2);
  const nobody = await esx(['contacts', 'show', 'nobody@example.com'], settings);
  expect(nobody).toMatchObject({
    code: 3,
    err: expect.stringContaining('no contact with the address nobody@example.com'),
  });
});

describe('api', () => {
  test('makes any call, with a body from an option or from the standard input', async () => {
    const made = await esx(['api', 'post', '/lists', '--data', '{"name":"One"}', '--json'], settings);
    expect(made.json()).toMatchObject({ name: 'One' });
    const piped = await esx(['api', 'POST', 'lists', '--data', '-'], settings, '{"name":"Two"}');
    expect(JSON.parse(piped.out)).toMatchObject({ name: 'Two' });
    const gone = await esx(['api', 'DELETE', `/lists/${made.json().id}`], settings);
    expect(gone).toMatchObject({ code: 0, out: '' });
    const wrong = await esx(['api', 'POST', '/lists', '--data', '{"nme":"x"}'], settings);
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('name') });
  });

  test('--all goes through all pages', async () => {
    for (const name of ['Three', 'Four']) await system.call('POST', '/api/v1/lists', { name });
    const { out } = await esx(['api', 'GET', '/lists?limit=1', '--all'], settings);
    const names = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).name);
    expect(names).toEqual(['Four', 'Three', 'Two']);
  });
});

test('demo makes its things once, sends two events, and its four links lead somewhere', async () => {
  const first = await esx(['demo'], settings);
  expect({ code: first.code, err: first.err }).toEqual({ code: 0, err: '' });
  for (const what of ['lists lst_', 'templates tpl_', 'automations aut_', 'webhooks whe_'])
    expect(first.out).toContain(what);
  const again = await esx(['demo', '--json'], settings);
  const { links, things } = again.json();
  expect(things.made).toEqual([]);
  expect(links.trace).toMatch(new RegExp(`^${system.url}/events/esx-demo-track-`));
  const [delivery, email, event] = await Promise.all([
    system.call('GET', `/api/v1/webhook-deliveries/${links.delivery.split('/').at(-1)}`),
    system.call('GET', `/api/v1/emails/${links.email.split('/').at(-1)}`),
    system.call('GET', `/api/v1/events/${links.trace.split('/').at(-1)}`),
  ]);
  expect(delivery.json.payload.data.contactEmail).toBe('morgan@demo.example');
  expect(email.json).toMatchObject({ to: 'morgan@demo.example', subject: 'Thank you, Morgan' });
  expect(event.json.automations[0]).toMatchObject({ name: 'esx demo', ran: true });

  const removed = await esx(['demo', '--remove'], settings);
  expect(removed.out.trimEnd().split('\n')).toHaveLength(5);
  expect((await esx(['demo', '--remove'], settings)).out).toContain('There was nothing');
  const { json } = await system.call('GET', '/api/v1/webhooks');
  expect(json.data.map((row: any) => row.description)).not.toContain('esx demo');
}, 120_000);
