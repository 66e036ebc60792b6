/** A value of the REdis Serialization Protocol, version 2. */
export type RespValue =
  | { readonly type: 'simple'; readonly text: string }
  | { readonly type: 'error'; readonly text: string }
  | { readonly type: 'integer'; readonly value: number }
  | { readonly type: 'bulk'; readonly text: string | undefined }
  | { readonly type: 'array'; readonly items: readonly RespValue[] };

export const OK: RespValue = { type: 'simple', text: 'OK' };
export const NIL: RespValue = { type: 'bulk', text: undefined };
export const bulk = (text: string | undefined): RespValue => ({ type: 'bulk', text });
export const integer = (value: number): RespValue => ({ type: 'integer', value });
export const array = (texts: readonly (string | undefined)[]): RespValue => ({ type: 'array', items: texts.map(bulk) });
export const failure = (text: string): RespValue => ({ type: 'error', text });

export function encode(value: RespValue): string {
  switch (value.type) {
    case 'simple':
      return `+${value.text}\r\n`;
    case 'error':
      return `-${value.text}\r\n`;
    case 'integer':
      return `:${value.value}\r\n`;
    case 'bulk':
      return value.text === undefined ? '$-1\r\n' : `$${Buffer.byteLength(value.text, 'latin1')}\r\n${value.text}\r\n`;
    case 'array':
      return `*${value.items.length}\r\n${value.items.map(encode).join('')}`;
  }
}

/** Longest value and longest command that are taken. */
const MAX_BULK = 64 * 2 ** 20;
const MAX_ITEMS = 2 ** 20;

/** Takes bytes as they come and gives values as they are complete. Texts are latin1: a character is a byte. Throws Error for what is no RESP. */
export class RespReader {
  private text = '';

  push(chunk: Buffer): RespValue[] {
    this.text += chunk.toString('latin1');
    const values: RespValue[] = [];
    let at = 0;
    for (;;) {
      const found = read(this.text, at);
      if (!found) break;
      values.push(found.value);
      at = found.end;
    }
    this.text = this.text.slice(at);
    if (this.text.length > MAX_BULK + MAX_ITEMS) throw new Error('Protocol error: too big');
    return values;
  }
}

function read(text: string, at: number): { value: RespValue; end: number } | undefined {
  const line = text.indexOf('\n', at);
  if (line < 0) return undefined;
  const head = text.slice(at + 1, line).replace(/\r$/, '');
  const count = Number(head);
  switch (text[at]) {
    case '+':
      return { value: { type: 'simple', text: head }, end: line + 1 };
    case '-':
      return { value: failure(head), end: line + 1 };
    case ':':
      return { value: integer(count), end: line + 1 };
    case '$': {
      if (count === -1) return { value: NIL, end: line + 1 };
      if (!(count >= 0 && count <= MAX_BULK)) throw new Error('Protocol error: invalid bulk length');
      const end = line + 1 + count + 2;
      return text.length < end ? undefined : { value: bulk(text.slice(line + 1, line + 1 + count)), end };
    }
    case '*': {
      if (!(count <= MAX_ITEMS)) throw new Error('Protocol error: invalid multibulk length');
      const items: RespValue[] = [];
      let next = line + 1;
      for (let i = 0; i < count; i++) {
        const item = read(text, next);
        if (!item) return undefined;
        items.push(item.value);
        next = item.end;
      }
      return { value: { type: 'array', items }, end: next };
    }
    default: {
      // An inline command, as people type it into nc.
      const words = splitWords(text.slice(at, line).trim());
      return { value: array(words), end: line + 1 };
    }
  }
}

/** Words of a command line, with quotes. */
export function splitWords(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) => (double === undefined ? (single ?? plain ?? '') : double.replace(/\\(.)/g, (_all, c: string) => ({ n: '\n', r: '\r', t: '\t' })[c] ?? c)));
}
