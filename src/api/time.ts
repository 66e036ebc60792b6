import { ValueError } from './value-error.js';

/**
 * Times as Kubernetes prints and reads them: metav1.Time (RFC 3339, whole seconds, UTC), metav1.MicroTime
 * (six decimals), and ages of tables (k8s.io/apimachinery/pkg/util/duration).
 */

/** A point in time: seconds since the epoch and the nanoseconds on top. */
export interface Instant {
  readonly seconds: number;
  readonly nanos: number;
}

/** The layout of metav1.Time; reading it also takes fractions and offsets. */
export const RFC3339 = '2006-01-02T15:04:05Z07:00';
/** The layout of metav1.MicroTime; reading it asks for exactly six decimals. */
export const RFC3339_MICRO = '2006-01-02T15:04:05.000000Z07:00';

/** `2026-01-02T15:04:05Z` of milliseconds since the epoch. */
export function formatTime(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond) {
    lastText = `${isoText(ms).slice(0, -5)}Z`;
    lastSecond = second;
  }
  return lastText;
}

/** What is written within a second has the same time, many times over. */
let lastSecond = Number.NaN;
let lastText = '';

/** `2026-01-02T15:04:05.123000Z` of milliseconds since the epoch. */
export function formatMicroTime(ms: number): string {
  return `${isoText(ms).slice(0, -1)}000Z`;
}

/** An instant as metav1.Time or, with `micro`, as metav1.MicroTime; what is finer is cut off. */
export function formatInstant({ seconds, nanos }: Instant, micro: boolean): string {
  const text = isoText(seconds * 1000).slice(0, -5);
  return micro ? `${text}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z` : `${text}Z`;
}

/** toISOString with years past 9999 and before 0 in Go's form. */
function isoText(ms: number): string {
  const text = new Date(ms).toISOString();
  if (text.startsWith('+')) return text.slice(1).replace(/^0+/, '');
  return text.startsWith('-') ? text.replace(/^-0*(\d{3,})/, '-$1') : text;
}

/** Milliseconds since the epoch of a metav1.Time or MicroTime; undefined when the text is absent or no time. */
export function timeMs(text: string | undefined | null): number | undefined {
  if (!text) return undefined;
  const known = milliseconds.get(text);
  if (known !== undefined) return known;
  try {
    const { seconds, nanos } = parseTime(text, RFC3339);
    const value = seconds * 1000 + Math.floor(nanos / 1e6);
    if (milliseconds.size >= REMEMBERED) milliseconds.clear();
    milliseconds.set(text, value);
    return value;
  } catch (error) {
    if (error instanceof ValueError) return undefined;
    throw error;
  }
}

/** Lists ask for the same creation times again and again, and parsing as Go does takes a while. */
const milliseconds = new Map<string, number>();
const REMEMBERED = 2000;

const ELEMENTS = ['2006', '-', '01', '-', '02', 'T', '15', ':', '04', ':', '05', '.000000', 'Z07:00'] as const;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Reads a time as Go's time.Parse does, in its generous ways: one-digit hours, a comma before fractions, offsets up to 24 h.
 * Throws ValueError with Go's text.
 */
export function parseTime(text: string, layout: typeof RFC3339 | typeof RFC3339_MICRO): Instant {
  const micro = layout === RFC3339_MICRO;
  let rest = text;
  const field: Record<string, number> = {};
  let nanos = 0;
  let offset = 0;
  for (const element of ELEMENTS) {
    if (element === '.000000' && !micro) continue;
    const hold = rest;
    const bad = (at = hold): ValueError => new ValueError(`parsing time ${goTimeQuote(text)} as ${goTimeQuote(layout)}: cannot parse ${goTimeQuote(at)} as ${goTimeQuote(element)}`);
    const outOfRange = (what: string): ValueError => new ValueError(`parsing time ${goTimeQuote(text)}: ${what} out of range`);
    switch (element) {
      case '-':
      case 'T':
      case ':':
        if (rest[0] !== element) throw bad();
        rest = rest.slice(1);
        break;
      case '2006': {
        const match = /^\d{4}/.exec(rest);
        if (!match) throw bad();
        field[element] = Number(match[0]);
        rest = rest.slice(4);
        break;
      }
      case '.000000': {
        const match = /^[.,](\d{6})/.exec(rest);
        if (!match) throw bad();
        nanos = Number(match[1]) * 1000;
        rest = rest.slice(7);
        break;
      }
      case 'Z07:00': {
        if (rest.startsWith('Z')) {
          rest = rest.slice(1);
          break;
        }
        const match = /^([^])(\d\d):(\d\d)/.exec(rest);
        if (!match) throw bad();
        const [, sign, hours, minutes] = match as unknown as [string, string, string, string];
        if (Number(hours) > 24) throw outOfRange('time zone offset hour');
        if (Number(minutes) > 60) throw outOfRange('time zone offset minute');
        if (sign !== '+' && sign !== '-') throw bad();
        offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60 : 60);
        rest = rest.slice(6);
        break;
      }
      default: {
        const match = (element === '15' ? /^\d\d?/ : /^\d\d/).exec(rest);
        if (!match) throw bad();
        const value = Number(match[0]);
        field[element] = value;
        rest = rest.slice(match[0].length);
        if (element === '01' && (value < 1 || value > 12)) throw outOfRange('month');
        if (element === '15' && value > 23) throw outOfRange('hour');
        if (element === '04' && value > 59) throw outOfRange('minute');
        if (element === '05' && value > 59) throw outOfRange('second');
        if (element === '05' && !micro) {
          const fraction = /^[.,](\d+)/.exec(rest);
          if (fraction) {
            nanos = Number((fraction[1] as string).slice(0, 9).padEnd(9, '0'));
            rest = rest.slice(fraction[0].length);
          }
        }
      }
    }
  }
  if (rest !== '') throw new ValueError(`parsing time ${goTimeQuote(text)}: extra text: ${goTimeQuote(rest)}`);
  const year = field['2006'] as number;
  const month = field['01'] as number;
  const day = field['02'] as number;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day < 1 || day > (MONTH_DAYS[month - 1] as number) + (month === 2 && leap ? 1 : 0)) {
    throw new ValueError(`parsing time ${goTimeQuote(text)}: day out of range`);
  }
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(field['15'] as number, field['04'] as number, field['05'] as number);
  return { seconds: date.getTime() / 1000 - offset, nanos };
}

/** Quotes as package time does: other than printable ASCII becomes \xNN per byte. */
function goTimeQuote(text: string): string {
  let quoted = '"';
  for (const byte of Buffer.from(text)) {
    if (byte === 0x22 || byte === 0x5c) quoted += `\\${String.fromCharCode(byte)}`;
    else if (byte < 0x20 || byte >= 0x80) quoted += `\\x${byte.toString(16).padStart(2, '0')}`;
    else quoted += String.fromCharCode(byte);
  }
  return `${quoted}"`;
}

/** The seconds of Go's zero time, 0001-01-01T00:00:00Z, which prints as null. */
export const ZERO_TIME_SECONDS = -62135596800;

/** Age in a table's column: `5s`, `2m5s`, `3h`, `2d3h`, `1y20d` (duration.HumanDuration). */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 24 * 8) return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`;
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.trunc(days / 365);
  if (hours < 24 * 365 * 8) return days % 365 === 0 ? `${years}y` : `${years}y${days % 365}d`;
  return `${years}y`;
}

/** A duration as Go prints it: `1h0m0s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(ms: number): string {
  const sign = ms < 0 ? '-' : '';
  const nanos = Math.round(Math.abs(ms) * 1e6);
  if (nanos === 0) return '0s';
  if (nanos < 1e3) return `${sign}${nanos}ns`;
  if (nanos < 1e6) return `${sign}${nanos / 1e3}µs`;
  if (nanos < 1e9) return `${sign}${nanos / 1e6}ms`;
  const whole = Math.floor(nanos / 1e9);
  const fraction = nanos % 1e9 === 0 ? '' : `.${String(nanos % 1e9).padStart(9, '0').replace(/0+$/, '')}`;
  const minutes = Math.floor(whole / 60);
  const hours = Math.floor(minutes / 60);
  const head = hours > 0 ? `${hours}h${minutes % 60}m` : minutes > 0 ? `${minutes}m` : '';
  return `${sign}${head}${whole % 60}${fraction}s`;
}

const UNIT_MS = new Map([['ns', 1e-6], ['us', 1e-3], ['µs', 1e-3], ['μs', 1e-3], ['ms', 1], ['s', 1000], ['m', 60_000], ['h', 3_600_000]]);

/** Reads a Go duration (`1h30m`, `-1.5s`, `0`) into milliseconds. Throws ValueError with Go's text. */
export function parseDuration(text: string): number {
  const invalid = (why = 'invalid duration'): ValueError => new ValueError(`time: ${why} ${goTimeQuote(text)}`);
  let rest = text.replace(/^[-+]/, '');
  const sign = text.startsWith('-') ? -1 : 1;
  if (rest === '0') return 0;
  if (rest === '') throw invalid();
  let total = 0;
  while (rest !== '') {
    const [number] = /^(?:\d+\.?\d*|\.\d+)/.exec(rest) ?? [];
    if (number === undefined) throw invalid();
    rest = rest.slice(number.length);
    const [unit] = /^[^.\d]*/.exec(rest) as RegExpExecArray;
    if (unit === '') throw invalid('missing unit in duration');
    const ms = UNIT_MS.get(unit);
    if (ms === undefined) throw invalid(`unknown unit ${goTimeQuote(unit)} in duration`);
    rest = rest.slice(unit.length);
    total += Number(number) * ms;
    if (total > 2 ** 63 / 1e6) throw invalid();
  }
  return total === 0 ? 0 : sign * total;
}
