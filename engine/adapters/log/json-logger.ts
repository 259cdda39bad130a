import type { Clock } from '../../ports/clock.ts';
import type { LogFields, Logger } from '../../ports/logger.ts';

export interface JsonLoggerOptions {
  readonly clock: Clock;
  readonly write: (line: string) => void;
}

/** One JSON object a line: time, level, message, then the fields. Secrets are masked. */
export function createJsonLogger({ clock, write }: JsonLoggerOptions): Logger {
  const log = (level: string, message: string, fields: LogFields = {}) => {
    const time = new Date(clock.nowMs()).toISOString();
    const masked = Object.entries(fields).map(([key, value]) => [
      key,
      typeof value === 'string' ? maskSecrets(value) : value,
    ]);
    const entry = { time, level, message, ...Object.fromEntries(masked) };
    write(`${JSON.stringify(entry)}\n`);
  };
  return {
    info: (message, fields) => log('info', message, fields),
    warn: (message, fields) => log('warn', message, fields),
    error: (message, fields) => log('error', message, fields),
  };
}

const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\/\/[^/@\s]+@/g, '//***@'],
  [/\b(Bearer|Basic|token) [\w.~+/=-]+/gi, '$1 ***'],
  [/\b(password|passwd|secret|token|api[_-]?key)=[^&\s]+/gi, '$1=***'],
];

/** Credentials in URLs, authorization headers and query strings. */
export function maskSecrets(text: string): string {
  return SECRETS.reduce((masked, [pattern, mask]) => masked.replace(pattern, mask), text);
}
