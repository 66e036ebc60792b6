import { parseDuration } from '../../api/time.js';
import { ValueError } from '../../api/value-error.js';

/**
 * What is wrong with a cron schedule, by the rules and with the texts of Kubernetes' parser (robfig/cron v3, standard form);
 * undefined for a good one.
 */
export function scheduleProblem(schedule: string): string | undefined {
  try {
    checkSchedule(schedule);
    return undefined;
  } catch (error) {
    if (error instanceof ValueError) return error.message;
    throw error;
  }
}

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const FIELDS: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];
const DESCRIPTORS = new Set(['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']);
const EVERY = '@every ';

function checkSchedule(text: string): void {
  let spec = text;
  const zone = /^(?:CRON_)?TZ=/.exec(spec);
  if (zone) {
    const space = spec.indexOf(' ');
    // The parser's own slice would panic here; Kubernetes recovers and tells so.
    if (space < 0) throw new ValueError('invalid schedule format');
    const name = spec.slice(zone[0].length, space);
    if (!isTimeZone(name)) throw new ValueError(`provided bad location ${name}: unknown time zone ${name}`);
    spec = spec.slice(space).trim();
  }
  if (spec.startsWith('@')) return checkDescriptor(spec);
  const fields = spec.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== FIELDS.length) throw new ValueError(`expected exactly ${FIELDS.length} fields, found ${fields.length}: [${fields.join(' ')}]`);
  fields.forEach((field, i) => {
    for (const range of field.split(',')) if (range !== '') checkRange(range, FIELDS[i] as Bounds);
  });
}

function checkDescriptor(text: string): void {
  if (DESCRIPTORS.has(text)) return;
  if (!text.startsWith(EVERY)) throw new ValueError(`unrecognized descriptor: ${text}`);
  try {
    parseDuration(text.slice(EVERY.length));
  } catch (error) {
    if (error instanceof ValueError) throw new ValueError(`failed to parse duration ${text}: ${error.message}`);
    throw error;
  }
}

function checkRange(text: string, { min, max, names }: Bounds): void {
  const [range = '', ...steps] = text.split('/');
  const limits = range.split('-');
  const numberOf = (part: string): number => {
    const named = names?.indexOf(part.toLowerCase()) ?? -1;
    return named >= 0 ? named + min : parseNumber(part);
  };
  let [start, end] = [min, max];
  if (limits[0] !== '*' && limits[0] !== '?') {
    start = numberOf(limits[0] ?? '');
    if (limits.length > 2) throw new ValueError(`too many hyphens: ${text}`);
    end = limits.length === 2 ? numberOf(limits[1] ?? '') : start;
  }
  let step = 1;
  if (steps.length === 1) {
    step = parseNumber(steps[0] ?? '');
    if (limits.length === 1) end = max;
  } else if (steps.length > 1) throw new ValueError(`too many slashes: ${text}`);
  if (start < min) throw new ValueError(`beginning of range (${start}) below minimum (${min}): ${text}`);
  if (end > max) throw new ValueError(`end of range (${end}) above maximum (${max}): ${text}`);
  if (start > end) throw new ValueError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (step === 0) throw new ValueError(`step of range should be a positive number: ${text}`);
}

function parseNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new ValueError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = BigInt(text.replace(/^\+/, ''));
  if (value > 2n ** 63n - 1n || value < -(2n ** 63n)) throw new ValueError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`);
  if (value < 0n) throw new ValueError(`negative number (${value}) not allowed: ${text}`);
  return Number(value);
}

/** Whether this is a name of the IANA data base, as far as JavaScript knows it. */
export function isTimeZone(name: string): boolean {
  if (name === '' || name === 'UTC' || name === 'Local') return true;
  // Offsets such as '+01:00' are zones to JavaScript only.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    return timeZone !== '';
  } catch {
    return false;
  }
}
