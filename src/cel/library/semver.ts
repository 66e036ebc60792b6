import { opaque, type Type } from '../types.js';
import { EvalError, type OpaqueValue, type Value } from '../values.js';

const SEMVER = opaque('kubernetes.Semver');
const FULL = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$/;

/** A version by the rules of https://semver.org. */
export class SemverValue implements OpaqueValue {
  readonly celType: Type = SEMVER;

  private constructor(
    readonly major: bigint,
    readonly minor: bigint,
    readonly patch: bigint,
    private readonly pre: readonly string[],
  ) {}

  /** `normalize` takes `v1.2` for 1.2.0. Throws EvalError. */
  static parse(text: string, normalize = false): SemverValue {
    const problem = SemverValue.problem(text, normalize);
    if (problem !== undefined) throw new EvalError(problem);
    const [, major = '0', minor = '0', patch = '0', pre] = FULL.exec(normalize ? normalized(text) : text) ?? [];
    return new SemverValue(BigInt(major), BigInt(minor), BigInt(patch), pre === undefined ? [] : pre.split('.'));
  }

  /** What is wrong with a text; undefined for a version. */
  static problem(text: string, normalize = false): string | undefined {
    const version = normalize ? normalized(text) : text;
    if (version === '') return 'Version string empty';
    if (version.split('.').length < 3) return 'No Major.Minor.Patch elements found';
    const match = FULL.exec(version);
    if (!match) return `Invalid character(s) found in version ${JSON.stringify(version)}`;
    const zero = match.slice(1, 4).find((part) => part.length > 1 && part.startsWith('0'));
    if (zero !== undefined) return `Version number must not contain leading zeroes ${JSON.stringify(zero)}`;
    for (const part of [...(match[4]?.split('.') ?? []), ...(match[5]?.split('.') ?? [])]) if (part === '') return 'Prerelease is empty';
    return undefined;
  }

  compare(other: SemverValue): number {
    for (const [a, b] of [[this.major, other.major], [this.minor, other.minor], [this.patch, other.patch]] as const) if (a !== b) return a < b ? -1 : 1;
    if (this.pre.length === 0 || other.pre.length === 0) return Math.sign(other.pre.length - this.pre.length) && (this.pre.length === 0 ? 1 : -1);
    for (let i = 0; i < Math.max(this.pre.length, other.pre.length); i++) {
      const order = comparePart(this.pre[i], other.pre[i]);
      if (order !== 0) return order;
    }
    return 0;
  }

  celEquals(other: Value): boolean {
    return other instanceof SemverValue && this.compare(other) === 0;
  }
}

function comparePart(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  const [numberA, numberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (numberA && numberB) return Math.sign(Number(BigInt(a) - BigInt(b)));
  if (numberA !== numberB) return numberA ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Without a leading v and leading zeros, with all three numbers. */
function normalized(text: string): string {
  const [, main = '', rest = ''] = /^v?([^-+]*)([\s\S]*)$/.exec(text) ?? [];
  const parts = main.split('.').map((part) => part.replace(/^0+(?=\d)/, ''));
  while (parts.length < 3) parts.push('0');
  return parts.join('.') + rest;
}
