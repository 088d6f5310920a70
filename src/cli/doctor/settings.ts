import { ConfigError, loadConfig, type Config } from '../../config';
import type { Environment } from '../settings';
import { fail, ok, warn, type Check } from './check';

const engineSettings = ['MONGODB_URI', 'TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'];
const oldestNode = [20, 20] as const;

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const isNew = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  return isNew
    ? ok('Node', version)
    : fail('Node', `${version} is too old`, `install Node ${oldestNode.join('.')} or later: https://nodejs.org`);
}

/** Whether the engines are named here; else the server brings its own, and tells of them. */
export function areEnginesNamed(env: Environment): boolean {
  return engineSettings.some((name) => (env[name] ?? '').trim() !== '');
}

/** Every setting that is wrong, at once. */
export function checkSettings(env: Environment): { checks: Check[]; config: Config | undefined } {
  const role = areEnginesNamed(env) ? 'gateway' : 'main';
  try {
    const config = loadConfig(env, role);
    return { checks: [ok('settings', 'all can be used'), ...doubts(config)], config };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const checks = error.message.split('\n').map((line) => {
      const [name = '', ...rest] = line.split(': ');
      return fail('settings', `${name}: ${rest.join(': ')}`, `set ${name} anew, and start gateway and worker again`);
    });
    return { checks, config: undefined };
  }
}

/** What can be used and is still not right for the world. */
function doubts({ role, publicUrl, email, allowedCidrs }: Config): Check[] {
  if (role === 'main') return [];
  return [
    ...(publicUrl === undefined
      ? [warn('PUBLIC_URL', 'is not set', 'set it to the https URL of the gateway: links in emails lead there')]
      : []),
    ...(email.smtpUrl === undefined
      ? [warn('SMTP_URL', 'is not set: email stays in the local mailbox', 'set SMTP_URL and MAIL_FROM for real email')]
      : []),
    ...(allowedCidrs.length > 0
      ? [
          warn(
            'WEBHOOK_ALLOWED_CIDRS',
            `webhooks may reach ${allowedCidrs.join(', ')}`,
            'leave it out unless these are receivers of yours',
          ),
        ]
      : []),
  ];
}
