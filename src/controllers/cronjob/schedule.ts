import { Cron } from 'croner';
import { parseDuration } from '../../api/time.js';
import { ValueError } from '../../api/value-error.js';

/** When a schedule fires. */
export interface Schedule {
  /** The first time after `afterMs`; undefined when it never fires again. */
  next(afterMs: number): number | undefined;
}

const SHORTHANDS: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

/**
 * Reads a schedule as github.com/robfig/cron does: five fields, shorthands, `@every 1h`, `TZ=Zone` in front.
 * UTC unless a zone is named. Throws an Error for one that cannot be read.
 */
export function parseSchedule(text: string, timeZone?: string): Schedule {
  const [, zone, rest] = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/s.exec(text) ?? [undefined, timeZone, text];
  const spec = (rest ?? text).trim();
  if (spec.startsWith('@every ')) return every(spec.slice('@every '.length));
  const pattern = SHORTHANDS.get(spec) ?? spec;
  if (pattern.startsWith('@')) throw new Error(`unrecognized descriptor: ${pattern}`);
  // '?' is another '*' here.
  const cron = new Cron(pattern.replaceAll('?', '*'), { paused: true, mode: '5-part', timezone: zone ?? 'UTC' });
  return { next: (afterMs) => cron.nextRun(new Date(afterMs))?.getTime() };
}

function every(text: string): Schedule {
  try {
    const delay = Math.max(1000, Math.floor(parseDuration(text) / 1000) * 1000);
    return { next: (afterMs) => Math.floor(afterMs / 1000) * 1000 + delay };
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    throw new Error(`failed to parse duration @every ${text}: ${error.message}`, { cause: error });
  }
}

/** RFC 3339 in a time zone: `2026-01-02T15:04:05+01:00`. */
export function formatInZone(ms: number, timeZone: string | undefined): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: timeZone ?? 'UTC',
    timeZoneName: 'longOffset',
    hourCycle: 'h23',
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' },
  } as Intl.DateTimeFormatOptions).formatToParts(new Date(ms));
  const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? '';
  const offset = part('timeZoneName').replace(/^GMT(\+00:00)?/, '') || 'Z';
  return `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}:${part('second')}${offset}`;
}

/** Whether the zone is one that is known. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
