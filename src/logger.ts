import pino, { type Logger } from 'pino';

/** One JSON line for each unit of work, with past-tense names. Whatever could hold a key or a person is left out. */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: null,
    redact: {
      paths: ['*.authorization', '*.apiKey', '*.secret', '*.email', 'authorization', 'apiKey', 'secret', 'email'],
      censor: '***',
    },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
}
