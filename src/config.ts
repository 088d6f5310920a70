import { loadClientConnectConfig } from '@temporalio/envconfig';
import { z } from 'zod';
import { formatDurationMs, parseDurationMs } from '../domain/duration';
import { parseRetryDelaysMs } from '../domain/retry-timeline';
import type { OwnerSettings } from './auth/first-owner';
import { maxPasswordLength, minPasswordLength } from './auth/password-length';
import type { TemporalSettings } from './temporal/connect';
import { parseCidrs } from './webhooks/address-guard';

/** main runs everything in one process; gateway and worker run apart and need engines that exist. */
export type Role = 'main' | 'gateway' | 'worker';

/** A setting that cannot be used. The message names the variable and what to set; it never holds a secret's value. */
export class ConfigError extends Error {}

const port = z.coerce.number({ error: 'must be a port number' }).int().min(0).max(65_535);
const durationMs = z.string().transform((text, context) => {
  const parsed = parseDurationMs(text);
  if (parsed !== undefined && parsed > 0) return parsed;
  context.addIssue({ code: 'custom', message: 'must be a duration such as 30s, 10m or 7d' });
  return z.NEVER;
});

const dayMs = 86_400_000;
/** MongoDB counts seconds of an expiry in 31 bits. */
const maxRetentionMs = 20_000 * dayMs;

const environment = z.object({
  PORT: port.default(3000),
  HOST: z.string().min(1).default('127.0.0.1'),
  PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' }).optional(),
  DATA_DIR: z.string().min(1).default('.data'),
  TEMPORAL_ADDRESS: z.string().optional(),
  TEMPORAL_PROFILE: z.string().optional(),
  TEMPORAL_CONFIG_FILE: z.string().optional(),
  TEMPORAL_UI_URL: z.url({ error: 'must be a URL' }).optional(),
  MONGODB_URI: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\/\S+$/, { error: 'must be a mongodb:// or mongodb+srv:// URI' })
    .optional(),
  TEMPORAL_PORT: port.default(7233),
  TEMPORAL_UI_PORT: port.default(8233),
  MONGOD_PORT: port.default(27017),
  TEMPORAL_CLI_PATH: z.string().optional(),
  MONGOD_PATH: z.string().optional(),
  ESX_API_KEY: z
    .string()
    .regex(/^esx_live_[0-9A-Za-z]{24,}$/, { error: 'must be esx_live_ followed by at least 24 letters and digits' })
    .optional(),
  ESX_OWNER_EMAIL: z
    .string()
    .trim()
    .toLowerCase()
    .pipe(z.email({ error: 'must be an email address, such as ada@example.com' }))
    .optional(),
  ESX_OWNER_PASSWORD: z
    .string()
    .min(minPasswordLength, { error: `must have at least ${minPasswordLength} characters` })
    .max(maxPasswordLength, { error: `must have at most ${maxPasswordLength} characters` })
    .optional(),
  ESX_ENCRYPTION_KEY: z.string().min(16, { error: 'must have at least 16 characters' }).optional(),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\/\S+$/, { error: 'must be an smtp:// or smtps:// URL' })
    .optional(),
  MAIL_FROM: z
    .string()
    .regex(/^[^\r\n]*[^\s@<>]+@[^\s@<>]+>?$/, { error: 'must be an address such as News <news@example.com>' })
    .optional(),
  INBOUND_SMTP_PORT: port.optional(),
  INBOUND_SMTP_HOST: z.string().min(1).optional(),
  INBOUND_DOMAIN: z
    .string()
    .regex(/^[a-z0-9.-]+$/i, { error: 'must be a domain, such as bounces.example.com' })
    .optional(),
  WEBHOOK_RETRY_SCHEDULE: z
    .string()
    .default('30s,2m,10m,30m,1h')
    .transform((text, context) => {
      const delays = parseRetryDelaysMs(text);
      if (delays && delays.length > 0) return delays;
      context.addIssue({ code: 'custom', message: 'must be durations with commas between, such as 30s,2m,10m,30m,1h' });
      return z.NEVER;
    }),
  WEBHOOK_FAILED_OPEN: durationMs.prefault('7d'),
  LATE_IDENTIFY_WAIT: durationMs.prefault('10m'),
  DATA_RETENTION: durationMs.prefault('90d').refine((retentionMs) => retentionMs <= maxRetentionMs, {
    error: `must be at most ${formatDurationMs(maxRetentionMs)}`,
  }),
  TRUST_PROXY: z
    .string()
    .default('0')
    .transform((text, context): TrustProxy => {
      if (/^\d{1,2}$/.test(text)) return Number(text) === 0 ? false : Number(text);
      const cidrs = text.split(',').map((part) => part.trim());
      try {
        parseCidrs(cidrs.join(','));
        return cidrs;
      } catch {
        const message = 'must be how many proxies stand in front, or their addresses, such as 10.0.0.0/8';
        context.addIssue({ code: 'custom', message });
        return z.NEVER;
      }
    }),
  WEBHOOK_ALLOWED_CIDRS: z
    .string()
    .optional()
    .transform((text, context) => {
      if (text === undefined) return undefined;
      try {
        return parseCidrs(text);
      } catch (error) {
        context.addIssue({
          code: 'custom',
          message: error instanceof Error ? error.message : 'is not a list of CIDRs',
        });
        return z.NEVER;
      }
    }),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
      error: 'must be trace, debug, info, warn, error or silent',
    })
    .default('info'),
});

/** Proxies in front: their number, or their addresses; false where there is none. */
export type TrustProxy = false | number | string[];

export interface Config {
  role: Role;
  port: number;
  host: string;
  /** Undefined: made from host and the port that was really taken. */
  publicUrl: string | undefined;
  dataDir: string;
  /** Undefined: the embedded server. */
  temporal: TemporalSettings | undefined;
  temporalUiUrl: string | undefined;
  /** Undefined: the embedded server. */
  mongodbUri: string | undefined;
  embedded: {
    temporalPort: number;
    temporalUiPort: number;
    mongodPort: number;
    temporalCliPath?: string;
    mongodPath?: string;
  };
  apiKey: string | undefined;
  /** Undefined: kept in DATA_DIR, made on the first start. */
  encryptionKey: string | undefined;
  /** Who becomes the first owner. Undefined: whoever follows the link that the first start prints. */
  owner: OwnerSettings | undefined;
  email: {
    /** Undefined: the local mailbox. */
    smtpUrl: string | undefined;
    from: string;
  };
  /** Where bounces and complaints come by mail. Undefined: they do not. */
  inboundMail: { host: string; port: number; domain: string } | undefined;
  retryDelaysMs: number[];
  failedOpenMs: number;
  lateIdentifyWaitMs: number;
  /** How long what is done and closed is kept. */
  retentionMs: number;
  allowedCidrs: string[];
  /** Whose X-Forwarded-For is believed. */
  trustProxy: TrustProxy;
  logLevel: string;
}

/** The settings of this process. */
export function readConfig(role: Role): Config {
  return loadConfig(process.env, role);
}

/** The environment as it is, for the command line: there what is wrong is said beside all else that is wrong. */
export function readEnvironment(): Record<string, string | undefined> {
  return process.env;
}

/** Parses all settings at once. Throws one ConfigError that names every variable that is wrong. */
export function loadConfig(env: Record<string, string | undefined>, role: Role): Config {
  // An empty variable is how compose files and CI say "not set".
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined && value.trim() !== '') given[name] = value;
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
  }
  const settings = parsed.data;
  const isTemporalGiven = [settings.TEMPORAL_ADDRESS, settings.TEMPORAL_PROFILE, settings.TEMPORAL_CONFIG_FILE].some(
    Boolean,
  );
  const problems: string[] = [];
  if (role !== 'main' && !isTemporalGiven)
    problems.push(missing('TEMPORAL_ADDRESS', 'the address of a Temporal server, such as 127.0.0.1:7233'));
  if (role !== 'main' && !settings.MONGODB_URI)
    problems.push(missing('MONGODB_URI', 'the URI of a MongoDB replica set'));
  if (settings.MONGODB_URI && !settings.ESX_ENCRYPTION_KEY) {
    problems.push(
      missing(
        'ESX_ENCRYPTION_KEY',
        'a random text of 32 or more characters that stays the same; stored secrets are sealed with it',
      ),
    );
  }
  const neededMs = settings.WEBHOOK_FAILED_OPEN + dayMs;
  if (settings.DATA_RETENTION < neededMs) {
    problems.push(
      `DATA_RETENTION: must be at least ${formatDurationMs(neededMs)}, a day more than WEBHOOK_FAILED_OPEN: a failed delivery is kept as long as it is open for a retrigger`,
    );
  }
  if (settings.SMTP_URL !== undefined && settings.MAIL_FROM === undefined) {
    problems.push('MAIL_FROM: is not set; give the address that email is sent from, such as News <news@example.com>');
  }
  if (settings.INBOUND_SMTP_PORT !== undefined && settings.INBOUND_DOMAIN === undefined) {
    problems.push('INBOUND_DOMAIN: is not set; give the domain whose MX record leads to INBOUND_SMTP_PORT');
  }
  const { ESX_OWNER_EMAIL: email, ESX_OWNER_PASSWORD: password } = settings;
  if (email !== undefined && password === undefined)
    problems.push(
      'ESX_OWNER_PASSWORD: is not set; give the password that ESX_OWNER_EMAIL signs in with, or unset both',
    );
  if (password !== undefined && email === undefined)
    problems.push('ESX_OWNER_EMAIL: is not set; give the address that goes with ESX_OWNER_PASSWORD, or unset both');
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));

  const isLocal =
    !isTemporalGiven && !settings.MONGODB_URI && ['127.0.0.1', '::1', 'localhost'].includes(settings.HOST);
  return {
    role,
    port: settings.PORT,
    host: settings.HOST,
    publicUrl: settings.PUBLIC_URL?.replace(/\/+$/, ''),
    dataDir: settings.DATA_DIR,
    temporal: isTemporalGiven ? temporalSettings(given) : undefined,
    temporalUiUrl: settings.TEMPORAL_UI_URL?.replace(/\/+$/, ''),
    mongodbUri: settings.MONGODB_URI,
    embedded: {
      temporalPort: settings.TEMPORAL_PORT,
      temporalUiPort: settings.TEMPORAL_UI_PORT,
      mongodPort: settings.MONGOD_PORT,
      ...(settings.TEMPORAL_CLI_PATH === undefined ? {} : { temporalCliPath: settings.TEMPORAL_CLI_PATH }),
      ...(settings.MONGOD_PATH === undefined ? {} : { mongodPath: settings.MONGOD_PATH }),
    },
    apiKey: settings.ESX_API_KEY,
    encryptionKey: settings.ESX_ENCRYPTION_KEY,
    owner: email !== undefined && password !== undefined ? { email, password } : undefined,
    email: { smtpUrl: settings.SMTP_URL, from: settings.MAIL_FROM ?? 'EmailSendX <no-reply@emailsendx.localhost>' },
    inboundMail:
      settings.INBOUND_SMTP_PORT === undefined || settings.INBOUND_DOMAIN === undefined
        ? undefined
        : {
            host: settings.INBOUND_SMTP_HOST ?? settings.HOST,
            port: settings.INBOUND_SMTP_PORT,
            domain: settings.INBOUND_DOMAIN.toLowerCase(),
          },
    retryDelaysMs: settings.WEBHOOK_RETRY_SCHEDULE,
    failedOpenMs: settings.WEBHOOK_FAILED_OPEN,
    lateIdentifyWaitMs: settings.LATE_IDENTIFY_WAIT,
    retentionMs: settings.DATA_RETENTION,
    allowedCidrs: settings.WEBHOOK_ALLOWED_CIDRS ?? (isLocal ? ['127.0.0.1/32', '::1/128'] : []),
    trustProxy: settings.TRUST_PROXY,
    logLevel: settings.LOG_LEVEL,
  };
}

function missing(variable: string, what: string): string {
  return `${variable}: is not set; give ${what} (npm start brings its own engines and needs none of this)`;
}

/** Temporal's own variables and file, read by Temporal's own package. */
function temporalSettings(env: Record<string, string>): TemporalSettings {
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: env });
    return { connectionOptions, namespace: namespace ?? 'default' };
  } catch (error) {
    throw new ConfigError(`TEMPORAL_*: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The resolved settings for the start-up log; of secrets only whether they are set. */
export function describeConfig(config: Config): Record<string, unknown> {
  const { temporal, mongodbUri, apiKey, encryptionKey, owner, email, ...plain } = config;
  return {
    ...plain,
    email: { smtp: email.smtpUrl ? email.smtpUrl.replace(/\/\/[^@/]*@/, '//***@') : 'local mailbox', from: email.from },
    temporal: temporal ? { address: temporal.connectionOptions.address, namespace: temporal.namespace } : 'embedded',
    mongodb: mongodbUri ? mongodbUri.replace(/\/\/[^@/]*@/, '//***@') : 'embedded',
    apiKey: apiKey ? 'configured' : 'made on the first start',
    encryptionKey: encryptionKey ? 'configured' : 'kept in DATA_DIR',
    owner: owner ? 'configured' : 'made by the link of the first start',
  };
}
