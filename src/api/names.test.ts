import vectors from '../../test/fixtures/go-values.json' with { type: 'json' };
import { fieldErrorText, Path, type FieldError } from './field.js';
import { cidrContains, formatIp, parseCidr, parseIp, validateCidr, validateCidrForLegacyField, validateInterfaceAddress, validateIp, validateIpForLegacyField, warningsForCidr, warningsForIp, type IpAddress } from './ip.js';
import * as names from './names.js';

// The value, then what each Go check said, in the order of CHECKS.
const NAMES = vectors.names as Array<[string, ...string[][]]>;
const CHECKS: ReadonlyArray<(value: string) => string[]> = [
  names.isDns1123Label, names.isDns1123Subdomain, names.isDns1035Label, names.isQualifiedName, names.isLabelValue, names.isEnvVarName, names.isRelaxedEnvVarName,
  names.isConfigMapKey, names.isPortName, names.isPercent, names.isHttpHeaderName, names.isCIdentifier, names.isWildcardDns1123Subdomain, names.isDns1123SubdomainWithUnderscore,
];
const IPS = vectors.ips as Array<[string, string[], string[], string[], string[]]>;
const CIDRS = vectors.cidrs as Array<[string, string[], string[], string[], string[], string[]]>;
const PATH = Path.of('f');
const texts = (errors: FieldError[]): string[] => errors.map(fieldErrorText);

describe('names', () => {
  test.each(NAMES)('%j is judged as by Go', (value, ...expected) => {
    expect(CHECKS.map((check) => check(value))).toEqual(expected);
  });

  test('a generateName may end with a dash', () => {
    expect(names.nameIsDnsSubdomain('my-', true)).toEqual([]);
    expect(names.nameIsDnsSubdomain('my-', false)).toHaveLength(1);
  });

  test('a path segment must fit into a URL', () => {
    expect(names.isPathSegmentName('..')).toEqual(["may not be '..'"]);
    expect(names.isPathSegmentName('a/b%')).toEqual(["may not contain '/'", "may not contain '%'"]);
    expect(names.nameIsPathSegment('..', true)).toEqual([]);
  });
});

describe('IP addresses', () => {
  test.each(IPS)('%j is judged as by Go', (text, strict, legacyStrict, legacy, warnings) => {
    expect([texts(validateIp(PATH, text)), texts(validateIpForLegacyField(PATH, text, true)), texts(validateIpForLegacyField(PATH, text, false)), warningsForIp(PATH, text)]).toEqual([strict, legacyStrict, legacy, warnings]);
  });

  test.each(CIDRS)('block %j is judged as by Go', (text, strict, legacyStrict, legacy, warnings, interfaceAddress) => {
    expect([texts(validateCidr(PATH, text)), texts(validateCidrForLegacyField(PATH, text, true)), texts(validateCidrForLegacyField(PATH, text, false)), warningsForCidr(PATH, text), texts(validateInterfaceAddress(PATH, text))]).toEqual([strict, legacyStrict, legacy, warnings, interfaceAddress]);
  });

  test('a text that was there before is let through', () => {
    expect(validateIpForLegacyField(PATH, '01.2.3.4', true, ['01.2.3.4'])).toEqual([]);
  });

  test('a block knows its addresses', () => {
    const block = parseCidr('10.96.0.0/16');
    const holds = (ip: string): boolean => cidrContains(block as NonNullable<typeof block>, parseIp(ip) as IpAddress);
    expect([holds('10.96.255.1'), holds('10.97.0.1'), holds('::1')]).toEqual([true, false, false]);
    expect(formatIp({ family: 4, value: (block?.network ?? 0n) + 10n })).toBe('10.96.0.10');
  });
});
