import { ConfigError, describeConfig, loadConfig } from '../src/config';

const secret = 'a secret of more than sixteen characters';
const given = {
  TEMPORAL_ADDRESS: '127.0.0.1:7233',
  MONGODB_URI: 'mongodb://me:hidden@db:27017/esx',
  ESX_ENCRYPTION_KEY: secret,
};

function refused(env: Record<string, string>, role: Parameters<typeof loadConfig>[1] = 'main'): string {
  try {
    loadConfig(env, role);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('was taken');
}

test('with nothing set everything is embedded, local, and on the documented timeline', () => {
  expect(loadConfig({}, 'main')).toMatchObject({
    port: 3000,
    host: '127.0.0.1',
    dataDir: '.data',
    temporal: undefined,
    mongodbUri: undefined,
    retryDelaysMs: [30_000, 120_000, 600_000, 1_800_000, 3_600_000],
    failedOpenMs: 7 * 86_400_000,
    lateIdentifyWaitMs: 600_000,
    retentionMs: 90 * 86_400_000,
    allowedCidrs: ['127.0.0.1/32', '::1/128'],
  });
});

test.each([
  [{ PORT: '70000' }, /^PORT: /],
  [{ TEMPORAL_PORT: '-1' }, /^TEMPORAL_PORT: /],
  [{ PUBLIC_URL: 'ftp://x' }, /^PUBLIC_URL: must be an http/],
  [{ MONGODB_URI: 'postgres://x' }, /^MONGODB_URI: must be a mongodb/],
  [{ WEBHOOK_RETRY_SCHEDULE: '30s,,1h' }, /^WEBHOOK_RETRY_SCHEDULE: must be durations/],
  [{ WEBHOOK_FAILED_OPEN: '7 days' }, /^WEBHOOK_FAILED_OPEN: must be a duration/],
  [{ LATE_IDENTIFY_WAIT: '0s' }, /^LATE_IDENTIFY_WAIT: must be a duration/],
  [{ DATA_RETENTION: '3 months' }, /^DATA_RETENTION: must be a duration/],
  [{ DATA_RETENTION: '30000d' }, /^DATA_RETENTION: must be at most 20000d$/],
  [{ DATA_RETENTION: '7d' }, /^DATA_RETENTION: must be at least 8d, .*WEBHOOK_FAILED_OPEN/],
  [{ WEBHOOK_FAILED_OPEN: '90d' }, /^DATA_RETENTION: must be at least 91d, .*WEBHOOK_FAILED_OPEN/],
  [{ WEBHOOK_ALLOWED_CIDRS: '10.0.0.0/99' }, /^WEBHOOK_ALLOWED_CIDRS: .*10\.0\.0\.0\/99/],
  [{ ESX_API_KEY: 'sk_live_1' }, /^ESX_API_KEY: must be esx_live_/],
  [{ ESX_ENCRYPTION_KEY: 'short' }, /^ESX_ENCRYPTION_KEY: must have at least 16/],
  [{ ESX_OWNER_EMAIL: 'ada@acme.com' }, /^ESX_OWNER_PASSWORD: is not set; .*ESX_OWNER_EMAIL/],
  [{ ESX_OWNER_PASSWORD: 'a password of Ada' }, /^ESX_OWNER_EMAIL: is not set; .*ESX_OWNER_PASSWORD/],
  [{ ESX_OWNER_EMAIL: 'ada', ESX_OWNER_PASSWORD: 'a password of Ada' }, /^ESX_OWNER_EMAIL: must be an email address/],
  [{ ESX_OWNER_EMAIL: 'ada@acme.com', ESX_OWNER_PASSWORD: 'short' }, /^ESX_OWNER_PASSWORD: must have at least 12/],
  [{ TRUST_PROXY: 'true' }, /^TRUST_PROXY: must be how many proxies/],
  [{ TRUST_PROXY: '10.0.0.0/99' }, /^TRUST_PROXY: must be how many proxies/],
  [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL: must be/],
  [{ MONGODB_URI: 'mongodb://db' }, /^ESX_ENCRYPTION_KEY: is not set/],
])('%j is refused by name', (env, message) => {
  expect(refused(env)).toMatch(message);
});

test('data is kept a day longer than a failed delivery is open, at the least', () => {
  expect(loadConfig({ DATA_RETENTION: '8d' }, 'main').retentionMs).toBe(8 * 86_400_000);
  expect(loadConfig({ DATA_RETENTION: '30h', WEBHOOK_FAILED_OPEN: '6h' }, 'main').retentionMs).toBe(30 * 3_600_000);
});

test('all that is wrong is said at once, and no value of a secret', () => {
  const message = refused({ PORT: 'x', LOG_LEVEL: 'y', ESX_API_KEY: 'esx_live_tooshort' });
  expect(message.split('\n')).toHaveLength(3);
  expect(message).not.toContain('tooshort');
});

test.each(['gateway', 'worker'] as const)('%s needs engines that exist', (role) => {
  expect(refused({}, role)).toMatch(/TEMPORAL_ADDRESS: is not set[\s\S]*MONGODB_URI: is not set/);
  expect(loadConfig(given, role)).toMatchObject({
    temporal: { connectionOptions: { address: '127.0.0.1:7233' }, namespace: 'default' },
  });
});

test("Temporal's own variables are read by Temporal's own package", () => {
  const config = loadConfig({ ...given, TEMPORAL_NAMESPACE: 'shop.a1b2c', TEMPORAL_API_KEY: 'cloud-key' }, 'worker');
  expect(config.temporal).toMatchObject({ namespace: 'shop.a1b2c', connectionOptions: { apiKey: 'cloud-key' } });
});

test('webhooks reach loopback only where everything is embedded and local', () => {
  expect(loadConfig(given, 'gateway').allowedCidrs).toEqual([]);
  expect(loadConfig({ HOST: '0.0.0.0' }, 'main').allowedCidrs).toEqual([]);
  expect(loadConfig({ WEBHOOK_ALLOWED_CIDRS: '10.0.0.0/8' }, 'main').allowedCidrs).toEqual(['10.0.0.0/8']);
});

test.each([
  [undefined, false],
  ['0', false],
  ['2', 2],
  ['10.0.0.0/8, 192.168.1.7/32', ['10.0.0.0/8', '192.168.1.7/32']],
])('TRUST_PROXY %s: %j', (text, trustProxy) => {
  expect(loadConfig({ TRUST_PROXY: text }, 'main').trustProxy).toEqual(trustProxy);
});

test('an empty variable is one that is not set', () => {
  expect(loadConfig({ PORT: '', MONGODB_URI: ' ' }, 'main')).toMatchObject({ port: 3000, mongodbUri: undefined });
});

test('the owner is known by address, without regard to case', () => {
  const owner = { ESX_OWNER_EMAIL: ' Ada@Acme.com ', ESX_OWNER_PASSWORD: 'a password of Ada' };
  expect(loadConfig(owner, 'main').owner).toEqual({ email: 'ada@acme.com', password: 'a password of Ada' });
  expect(loadConfig({}, 'main').owner).toBeUndefined();
});

test('the settings that are printed hold no secret', () => {
  const owner = { ESX_OWNER_EMAIL: 'ada@acme.com', ESX_OWNER_PASSWORD: 'a password of Ada' };
  const keys = { TEMPORAL_API_KEY: 'cloud-key', ESX_API_KEY: `esx_live_${'a'.repeat(30)}` };
  const printed = JSON.stringify(describeConfig(loadConfig({ ...given, ...keys, ...owner }, 'main')));
  for (const hidden of [secret, 'hidden', 'cloud-key', 'a'.repeat(30), 'of Ada', 'ada@'])
    expect(printed).not.toContain(hidden);
  expect(printed).toContain('configured');
});
