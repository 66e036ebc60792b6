/**
 * Checks of names and keys, with the texts of k8s.io/apimachinery/pkg/util/validation and pkg/api/validate/content.
 * Every `is…` function returns what is wrong with the value: an empty list means it is valid.
 * Lengths are bytes of UTF-8, as Go's `len` counts them, also where a text says "characters".
 */

const DNS1123_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const DNS1123_LABEL_UNDERSCORE = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const DNS1123_SUBDOMAIN = `${DNS1123_LABEL}(\\.${DNS1123_LABEL})*`;
const DNS1123_SUBDOMAIN_UNDERSCORE = `${DNS1123_LABEL_UNDERSCORE}(\\.${DNS1123_LABEL_UNDERSCORE})*`;
const DNS1035_LABEL = '[a-z]([-a-z0-9]*[a-z0-9])?';
const WILDCARD_SUBDOMAIN = `\\*\\.${DNS1123_SUBDOMAIN}`;
const LABEL_KEY = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${LABEL_KEY})?`;
const C_IDENTIFIER = '[A-Za-z_][A-Za-z0-9_]*';
const ENV_VAR_NAME = '[-._a-zA-Z][-._a-zA-Z0-9]*';
const CONFIG_MAP_KEY = '[-._a-zA-Z0-9]+';
const PERCENT = '[0-9]+%';
const HTTP_HEADER_NAME = '[-A-Za-z0-9]+';
const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);
const DNS1123_LABEL_RE = whole(DNS1123_LABEL);
const DNS1123_SUBDOMAIN_RE = whole(DNS1123_SUBDOMAIN);
const DNS1123_SUBDOMAIN_UNDERSCORE_RE = whole(DNS1123_SUBDOMAIN_UNDERSCORE);
const DNS1035_LABEL_RE = whole(DNS1035_LABEL);
const WILDCARD_SUBDOMAIN_RE = whole(WILDCARD_SUBDOMAIN);
const LABEL_KEY_RE = whole(LABEL_KEY);
const LABEL_VALUE_RE = whole(LABEL_VALUE);
const C_IDENTIFIER_RE = whole(C_IDENTIFIER);
const ENV_VAR_NAME_RE = whole(ENV_VAR_NAME);
const CONFIG_MAP_KEY_RE = whole(CONFIG_MAP_KEY);
const PERCENT_RE = whole(PERCENT);
const HTTP_HEADER_NAME_RE = whole(HTTP_HEADER_NAME);
const HTTP_PATH_RE = whole(HTTP_PATH);

const SUBDOMAIN_TEXT = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const LABEL_KEY_TEXT = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/** Longest DNS label (RFC 1123, RFC 1035). */
export const DNS_LABEL_MAX = 63;
/** Longest DNS subdomain. */
export const DNS_SUBDOMAIN_MAX = 253;
export const LABEL_VALUE_MAX = 63;
/** The smallest of the limits. */
const PORT_NAME_MAX = 15;



/** UTF-8 length; most values are short and plain, so the buffer is asked last. */
function bytes(value: string): number {
  return value.length * 3 <= PORT_NAME_MAX ? value.length : Buffer.byteLength(value);
}

/** `must be no more than 63 characters`: the text of the older checks. */
export const maxLengthText = (length: number): string => `must be no more than ${length} characters`;
/** `must be no more than 63 bytes`: the text of the checks of labels. */
export const maxBytesText = (length: number): string => `must be no more than ${length} bytes`;
export const EMPTY_TEXT = 'must be non-empty';
/** `must be between 1 and 65535, inclusive` */
export const rangeText = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`;

/** `MESSAGE (e.g. 'my-name',  or '123-abc', regex used for validation is 'RE')` */
export function regexText(message: string, pattern: string, ...examples: string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(' or ');
  return `${message} (${shown ? `e.g. ${shown}` : ''}regex used for validation is '${pattern}')`;
}

function dns1123Label(value: string, tooLong: (n: number) => string): string[] {
  const errors: string[] = [];
  if (bytes(value) > DNS_LABEL_MAX) errors.push(tooLong(DNS_LABEL_MAX));
  if (!DNS1123_LABEL_RE.test(value)) {
    errors.push(
      DNS1123_SUBDOMAIN_RE.test(value)
        ? 'must not contain dots'
        : regexText("a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character", DNS1123_LABEL, 'my-name', '123-abc'),
    );
  }
  return errors;
}

function dns1123Subdomain(value: string, tooLong: (n: number) => string): string[] {
  const errors: string[] = [];
  if (bytes(value) > DNS_SUBDOMAIN_MAX) errors.push(tooLong(DNS_SUBDOMAIN_MAX));
  if (!DNS1123_SUBDOMAIN_RE.test(value)) errors.push(regexText(SUBDOMAIN_TEXT, DNS1123_SUBDOMAIN, 'example.com'));
  return errors;
}

/** A name without dots, as of namespaces: `my-name`. */
export const isDns1123Label = (value: string): string[] => dns1123Label(value, maxLengthText);

/** A name of most kinds: labels joined by dots. */
export const isDns1123Subdomain = (value: string): string[] => dns1123Subdomain(value, maxLengthText);

/** A subdomain in the words of declarative validation (format k8s-long-name). */
export const isLongName = (value: string): string[] => dns1123Subdomain(value, maxBytesText);

/** A subdomain whose labels may have underscores, as DNS search paths have. */
export function isDns1123SubdomainWithUnderscore(value: string): string[] {
  const errors: string[] = [];
  if (bytes(value) > DNS_SUBDOMAIN_MAX) errors.push(maxLengthText(DNS_SUBDOMAIN_MAX));
  if (!DNS1123_SUBDOMAIN_UNDERSCORE_RE.test(value)) {
    errors.push(regexText("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character", DNS1123_SUBDOMAIN_UNDERSCORE, 'example.com'));
  }
  return errors;
}

/** A label that starts with a letter, as names of Services once had to. */
export function isDns1035Label(value: string): string[] {
  const errors: string[] = [];
  if (bytes(value) > DNS_LABEL_MAX) errors.push(maxLengthText(DNS_LABEL_MAX));
  if (!DNS1035_LABEL_RE.test(value)) {
    errors.push(regexText("a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character", DNS1035_LABEL, 'my-name', 'abc-123'));
  }
  return errors;
}

/** `*.example.com` */
export function isWildcardDns1123Subdomain(value: string): string[] {
  const errors: string[] = [];
  if (bytes(value) > DNS_SUBDOMAIN_MAX) errors.push(maxLengthText(DNS_SUBDOMAIN_MAX));
  if (!WILDCARD_SUBDOMAIN_RE.test(value)) {
    errors.push(regexText("a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character", WILDCARD_SUBDOMAIN, '*.example.com'));
  }
  return errors;
}

/** A label's or annotation's key, also called a qualified name: `[example.com/]MyName`. */
export function isLabelKey(value: string): string[] {
  const parts = value.split('/');
  if (parts.length > 2) {
    return [`a valid label key ${regexText(LABEL_KEY_TEXT, LABEL_KEY, 'MyName', 'my.name', '123-abc')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const errors: string[] = [];
  const name = parts.at(-1) as string;
  if (parts.length === 2) {
    const prefix = parts[0] as string;
    if (prefix === '') errors.push(`prefix part ${EMPTY_TEXT}`);
    else errors.push(...dns1123Subdomain(prefix, maxBytesText).map((text) => `prefix part ${text}`));
  }
  if (name === '') errors.push(`name part ${EMPTY_TEXT}`);
  else if (bytes(name) > DNS_LABEL_MAX) errors.push(`name part ${maxBytesText(DNS_LABEL_MAX)}`);
  if (!LABEL_KEY_RE.test(name)) errors.push(`name part ${regexText(LABEL_KEY_TEXT, LABEL_KEY, 'MyName', 'my.name', '123-abc')}`);
  return errors;
}

/** Kubernetes' older name of {@link isLabelKey}. */
export const isQualifiedName = isLabelKey;

export function isLabelValue(value: string): string[] {
  const errors: string[] = [];
  if (bytes(value) > LABEL_VALUE_MAX) errors.push(maxBytesText(LABEL_VALUE_MAX));
  if (!LABEL_VALUE_RE.test(value)) {
    errors.push(regexText("a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", LABEL_VALUE, 'MyValue', 'my_value', '12345'));
  }
  return errors;
}

export const isCIdentifier = (value: string): string[] =>
  C_IDENTIFIER_RE.test(value) ? [] : [regexText("a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'", C_IDENTIFIER, 'my_name', 'MY_NAME', 'MyName')];

function startsWithDots(value: string): string[] {
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  return value.startsWith('..') ? ["must not start with '..'"] : [];
}

/** A name of an environment variable by the rules before v1.30. */
export function isEnvVarName(value: string): string[] {
  const errors: string[] = [];
  if (!ENV_VAR_NAME_RE.test(value)) {
    errors.push(regexText("a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit", ENV_VAR_NAME, 'my.env-name', 'MY_ENV.NAME', 'MyEnvName1'));
  }
  return [...errors, ...startsWithDots(value)];
}

/** A name of an environment variable as today's pods may have it: printable ASCII but '='. */
export function isRelaxedEnvVarName(value: string): string[] {
  if (value === '') return [`environment variable name ${EMPTY_TEXT}`];
  return /^[\x20-\x3c\x3e-\x7e]*$/.test(value) ? [] : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** A key of a ConfigMap's or Secret's data. */
export function isConfigMapKey(value: string): string[] {
  const errors: string[] = [];
  if (bytes(value) > DNS_SUBDOMAIN_MAX) errors.push(maxLengthText(DNS_SUBDOMAIN_MAX));
  if (!CONFIG_MAP_KEY_RE.test(value)) {
    errors.push(regexText("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", CONFIG_MAP_KEY, 'key.name', 'KEY_NAME', 'key-name'));
  }
  return [...errors, ...startsWithDots(value)];
}

/** A name of a container's or Service's port (IANA service name, RFC 6335, lower case). */
export function isPortName(value: string): string[] {
  const errors: string[] = [];
  if (bytes(value) > PORT_NAME_MAX) errors.push(maxLengthText(PORT_NAME_MAX));
  if (!/^[-a-z0-9]+$/.test(value)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
}

export const isInRange = (value: number | bigint, low: number, high: number): string[] => (value >= low && value <= high ? [] : [rangeText(low, high)]);

export const isPortNumber = (port: number | bigint): string[] => isInRange(port, 1, 65535);

/** Also of group ids. */
export const isUserId = (id: number | bigint): string[] => isInRange(id, 0, 0x7fffffff);

/** `50%` */
export const isPercent = (value: string): string[] =>
  PERCENT_RE.test(value) ? [] : [regexText("a valid percent string must be a numeric string followed by an ending '%'", PERCENT, '1%', '93%')];

export const isHttpHeaderName = (value: string): string[] =>
  HTTP_HEADER_NAME_RE.test(value) ? [] : [regexText("a valid HTTP header must consist of alphanumeric characters or '-'", HTTP_HEADER_NAME, 'X-Header-Name')];

/** The path part of `acme.io/foo`. */
export const isHttpPath = (value: string): string[] => (HTTP_PATH_RE.test(value) ? [] : [regexText('Invalid path', HTTP_PATH)]);

const NOT_IN_SEGMENTS = ['/', '%'];

/** What may stand in a REST path or in the store's key as (the start of) a name. */
export function isPathSegmentPrefix(name: string): string[] {
  return NOT_IN_SEGMENTS.filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`);
}

/** A name of kinds that are lax, such as RBAC's: anything that fits into one segment of a path. */
export function isPathSegmentName(name: string): string[] {
  return name === '.' || name === '..' ? [`may not be '${name}'`] : isPathSegmentPrefix(name);
}

/**
 * Checks a `metadata.name`, or with `prefix` a `metadata.generateName`, to which a suffix will be added.
 * Every kind has one of these.
 */
export type NameCheck = (name: string, prefix: boolean) => string[];

/** A trailing dash is fine in generateName. (Kubernetes drops the character before the dash as well.) */
function maskTrailingDash(name: string, prefix: boolean): string {
  return prefix && name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}

export const nameIsDnsSubdomain: NameCheck = (name, prefix) => isDns1123Subdomain(maskTrailingDash(name, prefix));
export const nameIsDnsLabel: NameCheck = (name, prefix) => isDns1123Label(maskTrailingDash(name, prefix));
export const nameIsDns1035Label: NameCheck = (name, prefix) => isDns1035Label(maskTrailingDash(name, prefix));
export const nameIsPathSegment: NameCheck = (name, prefix) => (prefix ? isPathSegmentPrefix(name) : isPathSegmentName(name));
