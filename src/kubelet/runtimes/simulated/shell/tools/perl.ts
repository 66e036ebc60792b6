import { CommandError } from '../errors.js';
import type { Tool } from '../program.js';

/** More digits than this take too long in one go. */
const MAX_DIGITS = 20_000;

/**
 * As much of perl(1) as the documentation's Job needs: `perl -Mbignum=bpi -wle 'print bpi(2000)'` prints that many
 * digits of π. There is no interpreter for other programs, which is said.
 */
export const perl: Tool = async (task, args) => {
  const at = args.findIndex((arg) => /^-[a-zA-Z]*e$/.test(arg));
  const script = args[at + 1] ?? '';
  const [, digits] = /^\s*print\s+bpi\((\d+)\)\s*;?\s*$/.exec(at < 0 ? '' : script) ?? [];
  if (digits === undefined || Number(digits) > MAX_DIGITS) throw new CommandError("simulated containers have no Perl interpreter: only 'print bpi(N)' is known", 255);
  await task.write(`${piDigits(Number(digits))}${args[at]?.includes('l') ? '\n' : ''}`);
  return 0;
};

/** π rounded to so many significant digits, by Machin's formula. */
function piDigits(digits: number): string {
  if (digits < 2) return '3';
  const guard = 10;
  const unit = 10n ** BigInt(digits - 1 + guard);
  const arccot = (x: bigint): bigint => {
    let sum = 0n;
    let sign = 1n;
    for (let term = unit / x, n = 1n; term !== 0n; term /= x * x, n += 2n, sign = -sign) sum += (sign * term) / n;
    return sum;
  };
  const pi = 4n * (4n * arccot(5n) - arccot(239n));
  const scale = 10n ** BigInt(guard);
  const text = ((pi + scale / 2n) / scale).toString();
  return `${text.slice(0, 1)}.${text.slice(1)}`;
}
