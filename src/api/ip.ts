import { invalid, quote, type FieldError, type Path } from './field.js';

/**
 * IP addresses and CIDR blocks with the texts of k8s.io/apimachinery/pkg/util/validation (ip.go).
 * "Sloppy" reading takes leading zeros in IPv4 parts, as fields of old kinds must.
 */

export interface IpAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
  /** An IPv6 text of an IPv4 address (`::ffff:1.2.3.4`): Go takes it for IPv4. */
  readonly mapped: boolean;
  /** Whether some part had leading zeros. */
  readonly leadingZeros: boolean;
}

export interface Cidr {
  readonly family: 4 | 6;
  /** The address as written, before masking. */
  readonly address: IpAddress;
  readonly prefixLength: number;
  /** First address of the block. */
  readonly network: bigint;
  readonly leadingZeros: boolean;
}

const MAPPED_PREFIX = 0xffffn;
const bits = (family: 4 | 6): number => (family === 4 ? 32 : 128);

function parseIpv4(text: string): { value: bigint; leadingZeros: boolean } | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0n;
  let leadingZeros = false;
  for (const part of parts) {
    if (!/^[0-9]+$/.test(part) || Number(part) > 255) return undefined;
    if (part.length > 1 && part.startsWith('0')) leadingZeros = true;
    value = (value << 8n) | BigInt(Number(part));
  }
  return { value, leadingZeros };
}

function parseIpv6(text: string): { value: bigint; leadingZeros: boolean } | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  let leadingZeros = false;
  const groups = halves.map((half, which): number[] | undefined => {
    if (half === '') return [];
    const numbers: number[] = [];
    const parts = half.split(':');
    for (const [i, part] of parts.entries()) {
      if (part.includes('.')) {
        if (i !== parts.length - 1 || which !== halves.length - 1) return undefined;
        const tail = parseIpv4(part);
        if (!tail) return undefined;
        leadingZeros ||= tail.leadingZeros;
        numbers.push(Number(tail.value >> 16n), Number(tail.value & 0xffffn));
      } else {
        if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
        numbers.push(Number.parseInt(part, 16));
      }
    }
    return numbers;
  });
  const [head, tail] = groups;
  if (!head || (halves.length === 2 && !tail)) return undefined;
  const written = head.length + (tail?.length ?? 0);
  if (halves.length === 2 ? written > 7 : written !== 8) return undefined;
  const all = [...head, ...Array.from({ length: 8 - written }, () => 0), ...(tail ?? [])];
  return { value: all.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n), leadingZeros };
}

/** Reads an address (sloppily: see the file's comment); undefined when it is none. Zones (`%eth0`) are none. */
export function parseIp(text: string): IpAddress | undefined {
  if (!text.includes(':')) {
    const four = parseIpv4(text);
    return four && { family: 4, value: four.value, mapped: false, leadingZeros: four.leadingZeros };
  }
  const six = parseIpv6(text);
  if (!six) return undefined;
  if (six.value >> 32n === MAPPED_PREFIX) return { family: 4, value: six.value & 0xffffffffn, mapped: true, leadingZeros: six.leadingZeros };
  return { family: 6, value: six.value, mapped: false, leadingZeros: six.leadingZeros };
}

/** The canonical text (RFC 5952) of an address. */
export function formatIp({ family, value }: { family: 4 | 6; value: bigint }): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn));
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let j = i;
    while (j < 8 && groups[j] === 0) j++;
    if (j - i > length) [start, length] = [i, j - i];
    if (j > i) i = j;
  }
  const hex = groups.map((group) => group.toString(16));
  return start < 0 ? hex.join(':') : `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

/** Reads `10.0.0.0/8` or `2001:db8::/64` (sloppily); undefined when it is none. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const address = parseIp(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (!address || !/^[0-9]+$/.test(length)) return undefined;
  const written = Number(length);
  const wide = address.family === 6 || address.mapped;
  if (written > (wide ? 128 : 32)) return undefined;
  // A mapped address keeps its 128-bit prefix in Go; below 96 bits the block is no longer IPv4.
  const family = address.mapped && written < 96 ? 6 : address.family;
  const value = family === 6 && address.mapped ? (MAPPED_PREFIX << 32n) | address.value : address.value;
  const prefixLength = address.mapped && family === 4 ? written - 96 : written;
  const rest = BigInt(bits(family) - prefixLength);
  return {
    family,
    address,
    prefixLength,
    network: (value >> rest) << rest,
    leadingZeros: address.leadingZeros || (length.length > 1 && length.startsWith('0')),
  };
}

/** The canonical text of a block: its first address and the prefix length. */
export function formatCidr({ family, network, prefixLength }: { family: 4 | 6; network: bigint; prefixLength: number }): string {
  return `${formatIp({ family, value: network })}/${prefixLength}`;
}

/** Whether a block holds an address. */
export function cidrContains(cidr: Cidr, ip: { family: 4 | 6; value: bigint }): boolean {
  const rest = BigInt(bits(cidr.family) - cidr.prefixLength);
  return cidr.family === ip.family && ip.value >> rest === cidr.network >> rest;
}

function strictIpErrors(path: Path, text: string, ip: IpAddress): FieldError[] {
  const errors: FieldError[] = [];
  if (ip.leadingZeros) errors.push(invalid(path, text, 'must not have leading 0s'));
  else if (ip.mapped) errors.push(invalid(path, text, 'must not be an IPv4-mapped IPv6 address'));
  return errors;
}

/** Checks an address in canonical form: fields of new kinds. */
export function validateIp(path: Path, text: string): FieldError[] {
  const ip = parseIp(text);
  if (!ip) return [invalid(path, text, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
  const errors = strictIpErrors(path, text, ip);
  if (errors.length > 0) return errors;
  const canonical = formatIp(ip);
  return text === canonical ? [] : [invalid(path, text, `must be in canonical form (${quote(canonical)})`)];
}

/** Checks an address of an old kind; `strict` refuses leading zeros and mapped addresses, unless the text was there before. */
export function validateIpForLegacyField(path: Path, text: string, strict: boolean, old: readonly string[] = []): FieldError[] {
  if (old.includes(text)) return [];
  const ip = parseIp(text);
  if (!ip) return [invalid(path, text, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
  return strict ? strictIpErrors(path, text, ip) : [];
}

/** Warnings about an address that is valid but not written as it should be. */
export function warningsForIp(path: Path, text: string): string[] {
  const ip = parseIp(text);
  if (!ip) return [];
  const canonical = formatIp(ip);
  if (ip.leadingZeros || ip.mapped) return [`${String(path)}: non-standard IP address ${quote(text)} is invalid: use ${quote(canonical)}`];
  return ip.family === 6 && canonical !== text ? [`${String(path)}: IPv6 address ${quote(text)} should be in RFC 5952 canonical format (${quote(canonical)})`] : [];
}

const CIDR_TEXT = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

function strictCidrErrors(path: Path, text: string, cidr: Cidr): FieldError[] {
  if (cidr.leadingZeros) return [invalid(path, text, 'must not have leading 0s in IP or prefix length')];
  if (cidr.address.mapped) return [invalid(path, text, 'must not have an IPv4-mapped IPv6 address')];
  return cidr.network === cidr.address.value ? [] : [invalid(path, text, 'must not have bits set beyond the prefix length')];
}

/** Checks a block in canonical form: fields of new kinds. */
export function validateCidr(path: Path, text: string): FieldError[] {
  const cidr = parseCidr(text);
  if (!cidr) return [invalid(path, text, CIDR_TEXT)];
  const errors = strictCidrErrors(path, text, cidr);
  if (errors.length > 0) return errors;
  const canonical = formatCidr(cidr);
  return text === canonical ? [] : [invalid(path, text, `must be in canonical form (${quote(canonical)})`)];
}

/** Checks a block of an old kind, as {@link validateIpForLegacyField} does an address. */
export function validateCidrForLegacyField(path: Path, text: string, strict: boolean, old: readonly string[] = []): FieldError[] {
  if (old.includes(text)) return [];
  const cidr = parseCidr(text);
  if (!cidr) return [invalid(path, text, CIDR_TEXT)];
  return strict ? strictCidrErrors(path, text, cidr) : [];
}

/** Warnings about a block that is valid but not written as it should be. */
export function warningsForCidr(path: Path, text: string): string[] {
  const cidr = parseCidr(text);
  if (!cidr) return [];
  const canonical = formatCidr(cidr);
  const warnings: string[] = [];
  const written = cidr.family === 6 && cidr.address.mapped ? (MAPPED_PREFIX << 32n) | cidr.address.value : cidr.address.value;
  if (written !== cidr.network) {
    const single = `${formatIp(cidr.address)}/${cidr.address.mapped ? 128 : bits(cidr.family)}`;
    warnings.push(`${String(path)}: CIDR value ${quote(text)} is ambiguous in this context (should be ${quote(canonical)} or ${quote(single)}?)`);
  }
  if (cidr.leadingZeros || cidr.address.mapped) warnings.push(`${String(path)}: non-standard CIDR value ${quote(text)} is invalid: use ${quote(canonical)}`);
  if (warnings.length === 0 && cidr.family === 6 && canonical !== text) {
    warnings.push(`${String(path)}: IPv6 CIDR value ${quote(text)} should be in RFC 5952 canonical format (${quote(canonical)})`);
  }
  return warnings;
}

/** Checks an address with prefix length, as network interfaces have it: bits beyond the prefix are kept. */
export function validateInterfaceAddress(path: Path, text: string): FieldError[] {
  const cidr = parseCidr(text);
  if (!cidr) return [invalid(path, text, 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)')];
  const prefixLength = cidr.address.mapped && cidr.family === 6 ? cidr.prefixLength - 96 : cidr.prefixLength;
  const canonical = `${formatIp(cidr.address)}/${prefixLength}`;
  return text === canonical ? [] : [invalid(path, text, `must be in canonical form (${quote(canonical)})`)];
}
