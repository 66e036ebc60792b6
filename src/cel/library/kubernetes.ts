import { cidrContains, formatCidr, formatIp, parseCidr, parseIp, type Cidr, type IpAddress } from '../../api/ip.js';
import { Quantity } from '../../api/quantity.js';
import { ValueError } from '../../api/value-error.js';
import { define, type Library } from '../functions.js';
import { opaque, type Type } from '../types.js';
import { EvalError, LiteralMap, type OpaqueValue, sizeOf, type Value } from '../values.js';
import { SemverValue } from './semver.js';

/** Kubernetes' own types in expressions (https://kubernetes.io/docs/reference/using-api/cel/#cel-community-libraries). */

const textCost = (args: readonly Value[]): number => Math.ceil(sizeOf(args[0] as Value) * 0.1);

const QUANTITY = opaque('kubernetes.Quantity');
const URL_TYPE = opaque('kubernetes.URL');
const IP = opaque('net.IP');
const CIDR = opaque('net.CIDR');

export class Own<T> implements OpaqueValue {
  constructor(
    readonly celType: Type,
    readonly value: T,
    private readonly same: (a: T, b: T) => boolean,
  ) {}

  celEquals(other: Value): boolean {
    return other instanceof Own && other.celType === this.celType && this.same(this.value, other.value as T);
  }
}

export const ofQuantity = (quantity: Quantity): Own<Quantity> => new Own(QUANTITY, quantity, (a, b) => a.equals(b));
const ofUrl = (url: URL, path: string): Own<UrlParts> => new Own(URL_TYPE, { url, path }, (a, b) => a.url.href === b.url.href);
const ofIp = (ip: IpAddress): Own<IpAddress> => new Own(IP, ip, (a, b) => a.family === b.family && a.value === b.value);
const ofCidr = (cidr: Cidr): Own<Cidr> => new Own(CIDR, cidr, (a, b) => cidrText(a) === cidrText(b));

function quantity(text: string): Own<Quantity> {
  try {
    return ofQuantity(Quantity.parse(text));
  } catch (error) {
    if (error instanceof ValueError) throw new EvalError(error.message);
    throw error;
  }
}

function asInteger({ value }: Own<Quantity>): bigint {
  const whole = value.value();
  if (!Quantity.of(whole).equals(value) || whole >= 1n << 63n || whole < -(1n << 63n)) throw new EvalError('cannot convert value to integer');
  return whole;
}

const isWhole = (own: Own<Quantity>): boolean => Quantity.of(own.value.value()).equals(own.value);

const quantities = (): Library => [
  define('quantity(string): kubernetes.Quantity', quantity, textCost),
  define('isQuantity(string): bool', (text: string) => Quantity.tryParse(text) !== undefined, textCost),
  define('kubernetes.Quantity::sign(): int', ({ value }: Own<Quantity>) => BigInt(value.sign)),
  define('kubernetes.Quantity::isGreaterThan(kubernetes.Quantity): bool', (a: Own<Quantity>, b: Own<Quantity>) => a.value.compare(b.value) > 0),
  define('kubernetes.Quantity::isLessThan(kubernetes.Quantity): bool', (a: Own<Quantity>, b: Own<Quantity>) => a.value.compare(b.value) < 0),
  define('kubernetes.Quantity::compareTo(kubernetes.Quantity): int', (a: Own<Quantity>, b: Own<Quantity>) => BigInt(a.value.compare(b.value))),
  define('kubernetes.Quantity::asApproximateFloat(): double', ({ value }: Own<Quantity>) => value.toNumber()),
  define('kubernetes.Quantity::asInteger(): int', asInteger),
  define('kubernetes.Quantity::isInteger(): bool', isWhole),
  define('kubernetes.Quantity::add(kubernetes.Quantity): kubernetes.Quantity', (a: Own<Quantity>, b: Own<Quantity>) => ofQuantity(a.value.add(b.value))),
  define('kubernetes.Quantity::add(int): kubernetes.Quantity', (a: Own<Quantity>, b: bigint) => ofQuantity(a.value.add(Quantity.of(b)))),
  define('kubernetes.Quantity::sub(kubernetes.Quantity): kubernetes.Quantity', (a: Own<Quantity>, b: Own<Quantity>) => ofQuantity(a.value.subtract(b.value))),
  define('kubernetes.Quantity::sub(int): kubernetes.Quantity', (a: Own<Quantity>, b: bigint) => ofQuantity(a.value.subtract(Quantity.of(b)))),
];

interface UrlParts {
  readonly url: URL;
  /** As written, for a path alone. */
  readonly path: string;
}

/** Absolute URLs and absolute paths, as Go's ParseRequestURI takes them. */
function parseUrl(text: string): Own<UrlParts> | undefined {
  const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text);
  if (!absolute && !text.startsWith('/')) return undefined;
  try {
    return ofUrl(new URL(text, absolute ? undefined : 'path:/'), absolute ? '' : (text.split('?')[0] ?? ''));
  } catch {
    return undefined;
  }
}

function urlOf(text: string): Own<UrlParts> {
  const found = parseUrl(text);
  if (!found) throw new EvalError(`URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`);
  return found;
}

function queryOf({ value: { url } }: Own<UrlParts>): LiteralMap {
  const query = new LiteralMap();
  for (const key of new Set(url.searchParams.keys())) query.add(key, url.searchParams.getAll(key));
  return query;
}

/** WHATWG URLs forget a port that is their scheme's own; Go's do not. */
const hostOf = ({ value: { url } }: Own<UrlParts>, withPort: boolean): string => (withPort ? url.host : url.hostname);

const urls = (): Library => [
  define('url(string): kubernetes.URL', urlOf, textCost),
  define('isURL(string): bool', (text: string) => parseUrl(text) !== undefined, textCost),
  define('kubernetes.URL::getScheme(): string', ({ value }: Own<UrlParts>) => (value.path ? '' : value.url.protocol.slice(0, -1))),
  define('kubernetes.URL::getHost(): string', (url: Own<UrlParts>) => hostOf(url, true)),
  define('kubernetes.URL::getHostname(): string', (url: Own<UrlParts>) => hostOf(url, false).replace(/^\[(.*)\]$/, '$1')),
  define('kubernetes.URL::getPort(): string', ({ value }: Own<UrlParts>) => value.url.port),
  define('kubernetes.URL::getEscapedPath(): string', ({ value }: Own<UrlParts>) => value.path || value.url.pathname),
  define('kubernetes.URL::getQuery(): map(string, list(string))', queryOf),
];

function ipProblem(text: string): string | undefined {
  if (text.includes('%')) return `IP address ${JSON.stringify(text)} with zone value is not allowed`;
  if (/^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(text)) return `IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`;
  const found = parseIp(text);
  return found && !found.leadingZeros ? undefined : `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): unable to parse IP`;
}

function ip(text: string): Own<IpAddress> {
  const problem = ipProblem(text);
  if (problem !== undefined) throw new EvalError(problem);
  return ofIp(parseIp(text) as IpAddress);
}

function cidr(text: string): Own<Cidr> {
  const found = strictCidr(text);
  if (!found) throw new EvalError(`network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): no '/'`);
  return ofCidr(found);
}

/** Whether the address has these leading bits. */
function hasPrefix({ family, value }: IpAddress, text: string): boolean {
  const block = parseCidr(text);
  return block !== undefined && block.family === family && cidrContains(block, { family, value });
}
const inAny = (ip: IpAddress, ...blocks: string[]): boolean => blocks.some((block) => hasPrefix(ip, block));
const isUnspecified = (ip: IpAddress): boolean => ip.value === 0n;
const isGlobal = (ip: IpAddress): boolean => !isUnspecified(ip) && !inAny(ip, '127.0.0.0/8', '::1/128', '224.0.0.0/4', 'ff00::/8', '169.254.0.0/16', 'fe80::/10', '255.255.255.255/32');

const addresses = (): Library => [
  define('ip(string): net.IP', ip, textCost),
  define('isIP(string): bool', (text: string) => ipProblem(text) === undefined, textCost),
  define('ip.isCanonical(string): bool', (text: string) => formatIp(ip(text).value) === text, textCost),
  define('string(net.IP): string', ({ value }: Own<IpAddress>) => formatIp(value)),
  define('net.IP::family(): int', ({ value }: Own<IpAddress>) => BigInt(value.family)),
  define('net.IP::isUnspecified(): bool', ({ value }: Own<IpAddress>) => isUnspecified(value)),
  define('net.IP::isLoopback(): bool', ({ value }: Own<IpAddress>) => inAny(value, '127.0.0.0/8', '::1/128')),
  define('net.IP::isLinkLocalMulticast(): bool', ({ value }: Own<IpAddress>) => inAny(value, '224.0.0.0/24', 'ff02::/16')),
  define('net.IP::isLinkLocalUnicast(): bool', ({ value }: Own<IpAddress>) => inAny(value, '169.254.0.0/16', 'fe80::/10')),
  define('net.IP::isGlobalUnicast(): bool', ({ value }: Own<IpAddress>) => isGlobal(value)),
  define('cidr(string): net.CIDR', cidr, textCost),
  define('isCIDR(string): bool', (text: string) => strictCidr(text) !== undefined, textCost),
  define('string(net.CIDR): string', ({ value }: Own<Cidr>) => cidrText(value)),
  define('net.CIDR::ip(): net.IP', ({ value }: Own<Cidr>) => ofIp(value.address)),
  define('net.CIDR::prefixLength(): int', ({ value }: Own<Cidr>) => BigInt(value.prefixLength)),
  define('net.CIDR::masked(): net.CIDR', ({ value }: Own<Cidr>) => ofCidr(parseCidr(formatCidr(value)) as Cidr)),
  define('net.CIDR::containsIP(net.IP): bool', (block: Own<Cidr>, address: Own<IpAddress>) => containsIp(block.value, address.value)),
  define('net.CIDR::containsIP(string): bool', (block: Own<Cidr>, text: string) => containsIp(block.value, ip(text).value)),
  define('net.CIDR::containsCIDR(net.CIDR): bool', (outer: Own<Cidr>, inner: Own<Cidr>) => containsCidr(outer.value, inner.value)),
  define('net.CIDR::containsCIDR(string): bool', (outer: Own<Cidr>, text: string) => containsCidr(outer.value, cidr(text).value)),
];

const containsIp = (block: Cidr, { family, value }: IpAddress): boolean => family === block.family && cidrContains(block, { family, value });
const containsCidr = (outer: Cidr, inner: Cidr): boolean => outer.family === inner.family && outer.prefixLength <= inner.prefixLength && cidrContains(outer, { family: inner.family, value: inner.network });

const cidrText = ({ address, prefixLength }: Cidr): string => `${formatIp(address)}/${prefixLength}`;
const strictCidr = (text: string): Cidr | undefined => {
  const found = parseCidr(text);
  return found && !found.leadingZeros && !found.address.mapped ? found : undefined;
};

const versions = (): Library => [
  define('semver(string): kubernetes.Semver', (text: string) => SemverValue.parse(text), textCost),
  define('semver(string, bool): kubernetes.Semver', (text: string, normalize: boolean) => SemverValue.parse(text, normalize), textCost),
  define('isSemver(string): bool', (text: string) => SemverValue.problem(text) === undefined, textCost),
  define('isSemver(string, bool): bool', (text: string, normalize: boolean) => SemverValue.problem(text, normalize) === undefined, textCost),
  define('kubernetes.Semver::isGreaterThan(kubernetes.Semver): bool', (a: SemverValue, b: SemverValue) => a.compare(b) > 0),
  define('kubernetes.Semver::isLessThan(kubernetes.Semver): bool', (a: SemverValue, b: SemverValue) => a.compare(b) < 0),
  define('kubernetes.Semver::compareTo(kubernetes.Semver): int', (a: SemverValue, b: SemverValue) => BigInt(a.compare(b))),
  define('kubernetes.Semver::major(): int', (version: SemverValue) => version.major),
  define('kubernetes.Semver::minor(): int', (version: SemverValue) => version.minor),
  define('kubernetes.Semver::patch(): int', (version: SemverValue) => version.patch),
];

export const kubernetesLibrary = (): Library => [...quantities(), ...urls(), ...addresses(), ...versions()];
