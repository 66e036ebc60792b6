import { invalid, type FieldError, type Path } from '../../api/field.js';
import { parseIp } from '../../api/ip.js';

const inBlock = (value: bigint, block: bigint, bits: number, length: number): boolean => value >> BigInt(bits - length) === block >> BigInt(bits - length);

/**
 * What an address may not be where traffic is sent to: unspecified, loopback or link-local
 * (Endpoints, EndpointSlices, external IPs of Services).
 */
export function endpointIpErrors(text: string, path: Path): FieldError[] {
  const ip = parseIp(text);
  if (!ip) return [invalid(path, text, 'must be a valid IP address')];
  const { value } = ip;
  const v4 = ip.family === 4;
  const errors: FieldError[] = [];
  if (value === 0n) errors.push(invalid(path, text, `may not be unspecified (${text})`));
  if (v4 ? inBlock(value, 0x7f000000n, 32, 8) : value === 1n) errors.push(invalid(path, text, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'));
  if (v4 ? inBlock(value, 0xa9fe0000n, 32, 16) : inBlock(value, 0xfe80n << 112n, 128, 10)) errors.push(invalid(path, text, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'));
  if (v4 ? inBlock(value, 0xe0000000n, 32, 24) : ((value >> 112n) & 0xff0fn) === 0xff02n) {
    errors.push(invalid(path, text, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'));
  }
  return errors;
}
