/** Just enough ASN.1 (DER) to take a certificate signing request apart, with the texts of Go's encoding/asn1. */

export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
  /** With tag and length. */
  readonly whole: Buffer;
  /** What follows it. */
  readonly rest: Buffer;
}

export class DerError extends Error {}

const SEQUENCE = 0x30;
export const BIT_STRING = 0x03;
export const OBJECT_IDENTIFIER = 0x06;

/** Reads one element. Throws DerError. */
export function readElement(bytes: Buffer): DerElement {
  const [tag, first] = [bytes[0], bytes[1]];
  if (tag === undefined || first === undefined) throw new DerError('asn1: syntax error: data truncated');
  let [length, start] = [first, 2];
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw new DerError('asn1: structure error: length too large');
    if (bytes.length < 2 + count) throw new DerError('asn1: syntax error: truncated tag or length');
    length = bytes.readUIntBE(2, count);
    start = 2 + count;
  }
  if (bytes.length < start + length) throw new DerError('asn1: syntax error: data truncated');
  return { tag, content: bytes.subarray(start, start + length), whole: bytes.subarray(0, start + length), rest: bytes.subarray(start + length) };
}

/** Reads the elements of a SEQUENCE that is all there is. `what` names the Go type in messages. Throws DerError. */
export function readSequence(bytes: Buffer, what: string): DerElement[] {
  const [tag = 0, length = 0] = [bytes[0], bytes[1]];
  if (bytes.length > 1 && tag !== SEQUENCE) {
    const seen = `{class:${tag >> 6} tag:${tag & 0x1f} length:${length} isCompound:${String((tag & 0x20) !== 0)}}`;
    const expected = '{optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false}';
    throw new DerError(`asn1: structure error: tags don't match (16 vs ${seen}) ${expected} ${what} @2`);
  }
  const sequence = readElement(bytes);
  if (sequence.rest.length > 0) throw new DerError('asn1: syntax error: trailing data');
  const elements: DerElement[] = [];
  for (let { content } = sequence; content.length > 0; content = (elements.at(-1) as DerElement).rest) elements.push(readElement(content));
  return elements;
}

/** `1.2.840.10045.4.3.2` */
export function objectIdentifier({ tag, content }: DerElement): string {
  if (tag !== OBJECT_IDENTIFIER || content.length === 0) throw new DerError('asn1: syntax error: zero length OBJECT IDENTIFIER');
  const numbers: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if ((byte & 0x80) !== 0) continue;
    if (numbers.length === 0) numbers.push(Math.min(2, Math.floor(value / 40)), value - Math.min(2, Math.floor(value / 40)) * 40);
    else numbers.push(value);
    value = 0;
  }
  return numbers.join('.');
}
