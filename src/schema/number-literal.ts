/**
 * A number of a JSON text that JavaScript's numbers cannot hold as it was written: `1.0`, `1e3`, or more digits than a
 * double has. Only the exact parser makes them and only decoding sees them; stored objects have numbers and bigints.
 */
export class NumberLiteral {
  constructor(readonly text: string) {}

  /** The number as untyped fields hold it: an int64 as number or bigint, everything else as a double. */
  value(): number | bigint {
    if (!/[.eE]/.test(this.text)) {
      const exact = BigInt(this.text);
      if (exact >= -0x8000000000000000n && exact <= 0x7fffffffffffffffn) return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
    }
    return Number(this.text);
  }
}
