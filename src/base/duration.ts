import { parseGoDuration } from './go-duration.js';

/** Milliseconds, or text as Go writes durations, with days as well: `90s`, `1h30m`, `2d`. */
export type Duration = number | string;

/** Milliseconds of a duration. Throws TypeError for what is none. */
export function milliseconds(duration: Duration, what = 'a duration'): number {
  if (typeof duration === 'number') {
    if (!Number.isFinite(duration)) throw new TypeError(`${what} must be milliseconds or a text such as 90s or 1h30m, not ${duration}`);
    return duration;
  }
  const text = String(duration).trim();
  const [, days = '0', rest = ''] = /^(?:(\d+(?:\.\d+)?)d)?(.*)$/s.exec(text) ?? [];
  try {
    return Number(days) * 86_400_000 + (rest === '' && text !== '' ? 0 : parseGoDuration(rest));
  } catch {
    throw new TypeError(`${what} must be milliseconds or a text such as 90s or 1h30m, not ${JSON.stringify(duration)}`);
  }
}

/** A point in time: a Date, milliseconds since the epoch, or a text in RFC 3339. */
export type Instant = Date | number | string;

/** Milliseconds since the epoch. Throws TypeError for what is no time. */
export function instant(time: unknown): number {
  const ms = time instanceof Date ? time.getTime() : typeof time === 'number' ? time : typeof time === 'string' ? Date.parse(time) : Number.NaN;
  if (!Number.isFinite(ms)) throw new TypeError(`a time looks like 2026-01-01T00:00:00Z, not ${JSON.stringify(time)}`);
  return ms;
}
