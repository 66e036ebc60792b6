const STANDARD = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Base64 as Go writes it, of a text that Go's decoder takes (line breaks are fine); undefined for other texts. */
export function canonicalBase64(text: string): string | undefined {
  const compact = /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, '') : text;
  if (!STANDARD.test(compact)) return undefined;
  // The last letter may have bits that no byte uses; Go ignores them when reading and writes zeros.
  return compact.endsWith('=') ? compact.slice(0, -4) + Buffer.from(compact.slice(-4), 'base64').toString('base64') : compact;
}

/** Go's text for what is no base64: where its decoder stops. */
export function base64Error(text: string): string {
  const bytes = Buffer.from(text);
  return `illegal base64 data at input byte ${corruptAt(bytes)}`;
}

const isLineBreak = (byte: number | undefined): boolean => byte === 0x0a || byte === 0x0d;
const isAlphabet = (byte: number): boolean => /[A-Za-z0-9+/]/.test(String.fromCharCode(byte));

/** The offset in Go's CorruptInputError: quanta of four letters are read one after the other. */
function corruptAt(bytes: Buffer): number {
  let i = 0;
  while (i < bytes.length) {
    for (let j = 0; j < 4; j++) {
      if (i === bytes.length) {
        if (j === 0) return i;
        return i - j;
      }
      const byte = bytes[i++] as number;
      if (isAlphabet(byte)) continue;
      if (isLineBreak(byte)) {
        j--;
        continue;
      }
      if (byte !== 0x3d || j < 2) return i - 1;
      if (j === 2) {
        while (isLineBreak(bytes[i])) i++;
        if (i === bytes.length) return bytes.length;
        if (bytes[i] !== 0x3d) return i - 1;
        i++;
      }
      while (isLineBreak(bytes[i])) i++;
      return i;
    }
  }
  return i;
}
