import { parseCidr, parseIp } from './ip.js';
import { isDns1035Label, isDns1123Label, isDns1123Subdomain } from './names.js';

/** Formats of strings that go-openapi checks (k8s.io/kube-openapi/pkg/validation/strfmt), by name without dashes. */
type Check = (text: string) => boolean;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const uuidOf = (version: number): RegExp => new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${version === 3 ? '[0-9a-f]' : '[89ab]'}[0-9a-f]{3}-?[0-9a-f]{12}$`, 'i');
const [UUID3, UUID4, UUID5] = [uuidOf(3), uuidOf(4), uuidOf(5)];
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const DURATION = /^-?(?:\d+(?:\.\d*)?|\.\d+)\s*(?:ns|us|µs|ms|s|m|h|d|w|nanoseconds?|microseconds?|milliseconds?|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?)(?:\s*(?:\d+(?:\.\d*)?|\.\d+)\s*(?:ns|us|µs|ms|s|m|h|d|w))*$/;
const HOSTNAME = /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9]))*\.?$/;

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function isDateTime(text: string): boolean {
  const [, date = '', hours, minutes, seconds] = DATE_TIME.exec(text) ?? [];
  return isDate(date) && Number(hours) < 24 && Number(minutes) < 60 && Number(seconds) < 60;
}

function isUri(text: string): boolean {
  if (text.startsWith('/')) return !/\s/.test(text);
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) && URL.canParse(text) && !/\s/.test(text);
}

function isIsbn(text: string, length: 10 | 13): boolean {
  const digits = text.replace(/[\s-]/g, '');
  if (!(length === 10 ? /^\d{9}[\dX]$/ : /^\d{13}$/).test(digits)) return false;
  const values = Array.from(digits).map((digit) => (digit === 'X' ? 10 : Number(digit)));
  if (length === 10) return values.reduce((sum, value, i) => sum + value * (10 - i), 0) % 11 === 0;
  return values.reduce((sum, value, i) => sum + value * (i % 2 === 0 ? 1 : 3), 0) % 10 === 0;
}

function isCreditCard(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '');
  if (!/^(?:4\d{12}(?:\d{3,6})?|5[1-5]\d{14}|(?:222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11}|62\d{14})$/.test(digits)) return false;
  const sum = Array.from(digits).toReversed().reduce((total, digit, i) => total + (i % 2 === 0 ? Number(digit) : Number(digit) * 2 > 9 ? Number(digit) * 2 - 9 : Number(digit) * 2), 0);
  return sum % 10 === 0;
}

const FORMATS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['bsonobjectid', (text) => /^[0-9a-fA-F]{24}$/.test(text)],
  ['uri', isUri],
  ['email', (text) => /^[^\s@<>()[\]\\,;:"]+@[^\s@]+$/.test(text) && !text.startsWith('.') && !text.includes('..')],
  ['hostname', (text) => text.length <= 255 && HOSTNAME.test(text)],
  ['ipv4', (text) => parseIp(text)?.family === 4 && !text.includes(':')],
  ['ipv6', (text) => parseIp(text) !== undefined && text.includes(':')],
  ['cidr', (text) => parseCidr(text) !== undefined],
  ['mac', (text) => /^(?:[0-9a-fA-F]{2}([:-]))(?:[0-9a-fA-F]{2}\1){4}(?:[0-9a-fA-F]{2}\1){0,2}[0-9a-fA-F]{2}$|^(?:[0-9a-fA-F]{4}\.){2,3}[0-9a-fA-F]{4}$/.test(text)],
  ['uuid', (text) => UUID.test(text)],
  ['uuid3', (text) => UUID3?.test(text) ?? false],
  ['uuid4', (text) => UUID4?.test(text) ?? false],
  ['uuid5', (text) => UUID5?.test(text) ?? false],
  ['isbn', (text) => isIsbn(text, 10) || isIsbn(text, 13)],
  ['isbn10', (text) => isIsbn(text, 10)],
  ['isbn13', (text) => isIsbn(text, 13)],
  ['creditcard', isCreditCard],
  ['ssn', (text) => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text)],
  ['hexcolor', (text) => /^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/.test(text)],
  ['rgbcolor', (text) => /^rgb\(\s*(?:0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(?:0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(?:0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*\)$/.test(text)],
  ['byte', (text) => BASE64.test(text) && text !== ''],
  ['password', () => true],
  ['date', isDate],
  ['datetime', isDateTime],
  ['duration', (text) => DURATION.test(text)],
  ['k8sshortname', (text) => isDns1123Label(text).length === 0 || isDns1035Label(text).length === 0],
  ['k8slongname', (text) => isDns1123Subdomain(text).length === 0],
]);

/** Whether a text is of a format; one of an unknown format is. */
export function stringFormatIsValid(format: string, text: string): boolean {
  return FORMATS.get(format.replaceAll('-', ''))?.(text) ?? true;
}
