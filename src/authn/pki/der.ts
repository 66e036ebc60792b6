/** Writes (and barely reads) ASN.1 DER: the little that X.509 certificates need (ITU-T X.690). */

export const TAG = { boolean: 0x01, integer: 0x02, bitString: 0x03, octetString: 0x04, oid: 0x06, utf8String: 0x0c, utcTime: 0x17, generalizedTime: 0x18, sequence: 0x30, set: 0x31 } as const;

/** Tag, length and content. */
export function tlv(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const { length } = body;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), body]);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return Buffer.concat([Buffer.from([tag, 0x80 | digits.length, ...digits]), body]);
}

export const sequence = (...items: readonly Buffer[]): Buffer => tlv(TAG.sequence, ...items);
export const octetString = (value: Buffer): Buffer => tlv(TAG.octetString, value);
export const utf8String = (value: string): Buffer => tlv(TAG.utf8String, Buffer.from(value));
export const trueValue = (): Buffer => tlv(TAG.boolean, Buffer.from([0xff]));

export function bitString(value: Buffer, unusedBits = 0): Buffer {
  return tlv(TAG.bitString, Buffer.from([unusedBits]), value);
}

/** A non-negative integer, big-endian. */
export function integer(value: Buffer): Buffer {
  let start = 0;
  while (start < value.length - 1 && value[start] === 0) start++;
  const digits = value.subarray(start);
  return (digits[0] ?? 0) >= 0x80 ? tlv(TAG.integer, Buffer.from([0]), digits) : tlv(TAG.integer, digits);
}

/** `1.2.840.10045.4.3.2` */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return tlv(TAG.oid, Buffer.from(bytes));
}

/** UTCTime up to 2049, GeneralizedTime after that (RFC 5280, section 4.1.2.5). */
export function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z').replace(/[-:T]/g, '');
  return new Date(ms).getUTCFullYear() < 2050 ? tlv(TAG.utcTime, Buffer.from(digits.slice(2))) : tlv(TAG.generalizedTime, Buffer.from(digits));
}

/** A context-specific element: primitive as in GeneralName, or constructed around whole elements. */
export const context = (number: number, content: Buffer, constructed = false): Buffer => tlv(0x80 | (constructed ? 0x20 : 0) | number, content);

export interface Element {
  readonly tag: number;
  readonly content: Buffer;
  /** Tag and length included. */
  readonly whole: Buffer;
}

/** The elements that stand side by side in `der`. Throws RangeError when it is cut short. */
export function* elements(der: Buffer): Generator<Element> {
  for (let at = 0; at < der.length; ) {
    let length = der.readUInt8(at + 1);
    let start = at + 2;
    if (length >= 0x80) {
      const digits = length & 0x7f;
      length = der.readUIntBE(start, digits);
      start += digits;
    }
    if (start + length > der.length) throw new RangeError('DER is cut short');
    yield { tag: der.readUInt8(at), content: der.subarray(start, start + length), whole: der.subarray(at, start + length) };
    at = start + length;
  }
}
