import { isUtf8 } from 'node:buffer';

const BOM = '\ufeff';
/** What may not stand in YAML, but for surrogates, which no decoded text has alone. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/;

/** The text of a YAML document in UTF-8 or, with its byte order mark, UTF-16; `problem`: why it is none, in the words of Go's yaml. */
export function yamlText(bytes: Buffer): { readonly text: string } | { readonly problem: string } {
  const text = decoded(bytes);
  if (text === undefined) return { problem: octetProblem(bytes) };
  return CONTROL.test(text) ? { problem: 'control characters are not allowed' } : { text };
}

function decoded(bytes: Buffer): string | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return bytes.toString('utf16le', 2);
  if (first === 0xfe && second === 0xff && bytes.length % 2 === 0) return Buffer.from(bytes).swap16().toString('utf16le', 2);
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  return text.startsWith(BOM) ? text.slice(BOM.length) : text;
}

/** What is wrong with the first octets that are no UTF-8. */
function octetProblem(bytes: Buffer): string {
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i] as number;
    const width = lead < 0x80 ? 1 : lead >> 5 === 0b110 ? 2 : lead >> 4 === 0b1110 ? 3 : lead >> 3 === 0b11110 ? 4 : 0;
    if (width === 0) return 'invalid leading UTF-8 octet';
    if (i + width > bytes.length) return 'incomplete UTF-8 octet sequence';
    for (let k = 1; k < width; k++) if ((bytes[i + k] as number) >> 6 !== 0b10) return 'invalid trailing UTF-8 octet';
    if (!isUtf8(bytes.subarray(i, i + width))) return width > 2 && (lead === 0xed || lead === 0xf4) ? 'invalid Unicode character' : 'invalid length of a UTF-8 sequence';
    i += width;
  }
  return 'invalid leading UTF-8 octet';
}
