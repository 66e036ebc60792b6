/** tar's 512-byte headers: ustar, with GNU's and pax' records for what does not fit. */
export const BLOCK = 512;

export interface Member {
  readonly name: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'link' | 'other';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  readonly target: string;
}

const TYPES: Readonly<Record<string, Member['type']>> = { '0': 'file', '\0': 'file', '7': 'file', '1': 'link', '2': 'symlink', '5': 'directory' };
const FLAGS: Readonly<Record<Member['type'], string>> = { file: '0', link: '1', symlink: '2', directory: '5', other: '0' };

/** The blocks that stand before a member's content. */
export function encodeHeader(member: Member): Buffer {
  const name = Buffer.from(member.name);
  const target = Buffer.from(member.target);
  const records: Buffer[] = [];
  const prefixEnd = name.length > 100 ? splitPoint(name) : 0;
  if (name.length > 100 && prefixEnd === 0) records.push(longRecord('L', name));
  if (target.length > 100) records.push(longRecord('K', target));
  const short = prefixEnd > 0 ? name.subarray(prefixEnd + 1) : name;
  return Buffer.concat([...records, block({ ...member, flag: FLAGS[member.type], name: short, target, prefix: name.subarray(0, prefixEnd) })]);
}

/** Where a long name can be cut at a slash into ustar's prefix and name; 0 when nowhere. */
function splitPoint(name: Buffer): number {
  for (let at = Math.min(155, name.length - 1); at > 0; at--) if (name[at] === 0x2f && name.length - at - 1 <= 100 && name.length - at > 1) return at;
  return 0;
}

function longRecord(flag: string, content: Buffer): Buffer {
  const data = Buffer.concat([content, Buffer.from([0])]);
  const header = block({ name: Buffer.from('././@LongLink'), prefix: Buffer.alloc(0), target: Buffer.alloc(0), flag, mode: 0, uid: 0, gid: 0, size: data.length, mtime: 0 });
  return Buffer.concat([header, data, padding(data.length)]);
}

interface RawHeader extends Omit<Member, 'name' | 'target' | 'type'> {
  readonly name: Buffer;
  readonly prefix: Buffer;
  readonly target: Buffer;
  readonly flag: string;
}

function block(header: RawHeader): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  header.name.copy(bytes, 0, 0, 100);
  octal(bytes, 100, 8, header.mode & 0o7777);
  octal(bytes, 108, 8, header.uid);
  octal(bytes, 116, 8, header.gid);
  octal(bytes, 124, 12, header.size);
  octal(bytes, 136, 12, Math.max(0, Math.floor(header.mtime)));
  bytes.write(header.flag, 156, 'latin1');
  header.target.copy(bytes, 157, 0, 100);
  bytes.write('ustar\x0000', 257, 'latin1');
  header.prefix.copy(bytes, 345, 0, 155);
  bytes.fill(0x20, 148, 156);
  let sum = 0;
  for (const byte of bytes) sum += byte;
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

function octal(bytes: Buffer, at: number, length: number, value: number): void {
  const text = value.toString(8);
  if (text.length < length) bytes.write(`${text.padStart(length - 1, '0')}\0`, at, 'latin1');
  else {
    // GNU's base-256 form for what is too large.
    bytes.fill(0, at, at + length);
    for (let i = at + length - 1, rest = value; rest > 0 && i > at; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
    bytes[at] = 0x80;
  }
}

export function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

export interface DecodedHeader extends Member {
  /** The type letter: 'L', 'K', 'x' and 'g' are records about the next member. */
  readonly flag: string;
}

/** Undefined for the zero block at the end; throws on what is no header. */
export function decodeHeader(bytes: Buffer): DecodedHeader | undefined {
  if (bytes.every((byte) => byte === 0)) return undefined;
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 0x20 : (bytes[i] ?? 0);
  if (number(bytes, 148, 8) !== sum) throw new Error('invalid tar magic');
  const isUstar = bytes.toString('latin1', 257, 262) === 'ustar';
  const prefix = isUstar && bytes[262] === 0 ? text(bytes, 345, 155) : '';
  const flag = String.fromCharCode(bytes[156] ?? 0);
  const name = prefix ? `${prefix}/${text(bytes, 0, 100)}` : text(bytes, 0, 100);
  const type = TYPES[flag] ?? 'other';
  return {
    flag, name,
    // Old archives mark directories by the slash alone.
    type: type === 'file' && name.endsWith('/') ? 'directory' : type,
    mode: number(bytes, 100, 8), uid: number(bytes, 108, 8), gid: number(bytes, 116, 8),
    size: type === 'symlink' || type === 'link' || type === 'directory' ? 0 : number(bytes, 124, 12),
    mtime: number(bytes, 136, 12), target: text(bytes, 157, 100),
  };
}

function text(bytes: Buffer, at: number, length: number): string {
  const end = bytes.indexOf(0, at);
  return bytes.toString('utf8', at, end < 0 || end > at + length ? at + length : end);
}

function number(bytes: Buffer, at: number, length: number): number {
  if ((bytes[at] ?? 0) & 0x80) {
    let value = (bytes[at] ?? 0) & 0x7f;
    for (let i = at + 1; i < at + length; i++) value = value * 256 + (bytes[i] ?? 0);
    return value;
  }
  const digits = bytes.toString('latin1', at, at + length).replace(/\0.*$/s, '').trim();
  return digits === '' ? 0 : Number.parseInt(digits, 8) || 0;
}

/** The fields of a pax record block. */
export function decodePax(bytes: Buffer): Map<string, string> {
  const fields = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString('latin1', at, space));
    if (space < 0 || !Number.isInteger(length) || length <= 0) break;
    const record = bytes.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    fields.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return fields;
}
