import type { Logger } from '../index.js';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LOG_LEVELS)[number];

interface Sink {
  write(level: Level, fields: object, message: string): void;
}

/** Logs to stderr through pino, which is loaded with the first line that is written: most runs write none. */
export function stderrLogger(level: Level = 'warn'): Logger {
  const from = LOG_LEVELS.indexOf(level);
  let sink: Promise<Sink> | undefined;
  const loggerWith = (bound: object): Logger => {
    const log = (at: Level) => (fields: object, message: string) => {
      if (LOG_LEVELS.indexOf(at) < from) return;
      sink ??= openSink(level);
      void sink.then((open) => open.write(at, { ...bound, ...fields }, message));
    };
    return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error'), child: (fields) => loggerWith({ ...bound, ...fields }) };
  };
  return loggerWith({});
}

async function openSink(level: string): Promise<Sink> {
  // A CommonJS package in the bundle has a default export only.
  const { default: pino } = await import('pino');
  const logger = pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
  return { write: (at, fields, message) => logger[at](fields, message) };
}
