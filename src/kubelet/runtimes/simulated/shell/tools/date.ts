import { CommandError } from '../errors.js';
import type { Tool } from '../program.js';
import { isBusybox } from './input.js';
import { parseOptions } from './options.js';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

/** date(1) by the cluster's clock; containers live in UTC. */
export const date: Tool = async (task, args) => {
  const { options, operands } = parseOptions(args.map((arg) => (arg === '-I' ? '-Idate' : arg)), 'uRI:d:s:r:D:', {
    utc: 'u', universal: 'u', 'rfc-email': 'R', 'iso-8601': 'I:', date: 'd:', set: 's:', reference: 'r:', 'rfc-3339': '3:',
  });
  if (options.has('s') || operands.some((operand) => !operand.startsWith('+'))) throw new CommandError("can't set date: Operation not permitted");
  const now = task.container.clock.now();
  let time = now;
  const reference = options.get('r');
  const given = options.get('d');
  if (reference !== undefined) time = (await task.fs.stat(task.resolve(reference))).mtime.getTime();
  if (given !== undefined) {
    const parsed = parseDate(given, now);
    if (parsed === undefined) throw new CommandError(isBusybox(task) ? `invalid date '${given}'` : `invalid date '${given}'`);
    time = parsed;
  }
  const iso = options.get('I');
  const format = operands[0]?.slice(1)
    ?? (options.has('R') ? '%a, %d %b %Y %H:%M:%S %z' : options.has('3') ? '%Y-%m-%d %H:%M:%S+00:00'
      : iso === undefined ? '%a %b %e %H:%M:%S %Z %Y' : iso.startsWith('s') ? '%Y-%m-%dT%H:%M:%S+00:00' : iso.startsWith('m') ? '%Y-%m-%dT%H:%M+00:00' : '%Y-%m-%d');
  await task.write(`${formatTime(format, time)}\n`);
  return 0;
};

/** strftime(3) in UTC, with date's %N and %s. */
export function formatTime(format: string, time: number): string {
  const at = new Date(time);
  const pad = (value: number, width = 2, fill = '0'): string => String(value).padStart(width, fill);
  const yearDay = Math.floor((Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()) - Date.UTC(at.getUTCFullYear(), 0, 1)) / 86_400_000);
  const hour12 = at.getUTCHours() % 12 || 12;
  const one = (letter: string): string => {
    switch (letter) {
      case 'Y': return String(at.getUTCFullYear());
      case 'C': return pad(Math.floor(at.getUTCFullYear() / 100));
      case 'y': return pad(at.getUTCFullYear() % 100);
      case 'm': return pad(at.getUTCMonth() + 1);
      case 'd': return pad(at.getUTCDate());
      case 'e': return pad(at.getUTCDate(), 2, ' ');
      case 'H': return pad(at.getUTCHours());
      case 'k': return pad(at.getUTCHours(), 2, ' ');
      case 'I': return pad(hour12);
      case 'l': return pad(hour12, 2, ' ');
      case 'M': return pad(at.getUTCMinutes());
      case 'S': return pad(at.getUTCSeconds());
      case 'N': return pad(at.getUTCMilliseconds(), 3) + '000000';
      case 's': return String(Math.floor(time / 1000));
      case 'p': return at.getUTCHours() < 12 ? 'AM' : 'PM';
      case 'P': return at.getUTCHours() < 12 ? 'am' : 'pm';
      case 'j': return pad(yearDay + 1, 3);
      case 'u': return String(at.getUTCDay() || 7);
      case 'w': return String(at.getUTCDay());
      case 'U': return pad(Math.floor((yearDay + 7 - at.getUTCDay()) / 7));
      case 'W': return pad(Math.floor((yearDay + 7 - ((at.getUTCDay() + 6) % 7)) / 7));
      case 'a': return (DAYS[at.getUTCDay()] ?? '').slice(0, 3);
      case 'A': return DAYS[at.getUTCDay()] ?? '';
      case 'b':
      case 'h': return (MONTHS[at.getUTCMonth()] ?? '').slice(0, 3);
      case 'B': return MONTHS[at.getUTCMonth()] ?? '';
      case 'Z': return 'UTC';
      case 'z': return '+0000';
      case 'n': return '\n';
      case 't': return '\t';
      case '%': return '%';
      default: return `%${letter}`;
    }
  };
  const expanded = format
    .replace(/%F/g, '%Y-%m-%d').replace(/%T/g, '%H:%M:%S').replace(/%R/g, '%H:%M').replace(/%D/g, '%m/%d/%y')
    .replace(/%c/g, '%a %b %e %H:%M:%S %Y').replace(/%x/g, '%m/%d/%y').replace(/%X/g, '%H:%M:%S').replace(/%r/g, '%I:%M:%S %p').replace(/%:z/g, '+00:00');
  return expanded.replace(/%([-_0^]?)(\d?)([a-zA-Z%])/g, (_, flag: string, width: string, letter: string) => {
    const text = one(letter);
    if (letter === 'N' && width) return text.slice(0, Number(width));
    if (flag === '-') return text.replace(/^[0 ]+(?=.)/, '');
    if (flag === '_') return text.replace(/^0+(?=.)/, (zeros) => ' '.repeat(zeros.length));
    return flag === '^' ? text.toUpperCase() : text;
  });
}

const UNITS: Readonly<Record<string, number>> = { second: 1, sec: 1, minute: 60, min: 60, hour: 3600, day: 86_400, week: 604_800 };

function parseDate(text: string, now: number): number | undefined {
  const trimmed = text.trim().replace(/^["']|["']$/g, '');
  if (/^@-?\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed.slice(1)) * 1000;
  let rest = ` ${trimmed.toLowerCase()}`;
  let offset = 0;
  let months = 0;
  rest = rest.replace(/\s([-+]?\s*\d+|next|last|a)\s*(second|sec|minute|min|hour|day|week|month|year)s?(\s+ago)?/g, (_, count: string, unit: string, ago: string | undefined) => {
    const amount = (count === 'next' || count === 'a' ? 1 : count === 'last' ? -1 : Number(count.replace(/\s/g, ''))) * (ago ? -1 : 1);
    if (unit === 'month' || unit === 'year') months += amount * (unit === 'year' ? 12 : 1);
    else offset += amount * (UNITS[unit] ?? 0) * 1000;
    return ' ';
  });
  rest = rest.replace(/\b(utc|gmt)\b/g, 'z').trim();
  const midnight = now - (((now % 86_400_000) + 86_400_000) % 86_400_000);
  let base: number;
  if (rest === '' || rest === 'now') base = now;
  else if (rest === 'today') base = now;
  else if (rest === 'yesterday' || rest === 'tomorrow') base = now + (rest === 'tomorrow' ? 86_400_000 : -86_400_000);
  else if (/^\d{1,2}:\d{2}(:\d{2})?$/.test(rest)) base = midnight + Date.parse(`1970-01-01T${rest.padStart(rest.length < 6 ? 5 : 8, '0')}Z`);
  else {
    const iso = /^(\d{4}-\d{2}-\d{2})(?:[t\s]+(\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?\s*(z|[-+]\d{2}:?\d{2})?$/.exec(rest);
    base = iso ? Date.parse(`${iso[1]}T${iso[2] ?? '00:00'}${(iso[3] ?? 'z').toUpperCase().replace(/^([-+]\d{2})(\d{2})$/, '$1:$2')}`) : Date.parse(/z$|[-+]\d{2}:?\d{2}$/.test(rest) ? rest : `${rest} UTC`);
  }
  if (Number.isNaN(base)) return undefined;
  const result = new Date(base + offset);
  if (months !== 0) result.setUTCMonth(result.getUTCMonth() + months);
  return result.getTime();
}
