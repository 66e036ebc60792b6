import type { ObjectKey, Revision } from './types.js';

/**
 * How the log lies in an engine's rows.
 *
 *     k/KEY            where the object stands now: revision, createRevision, expires
 *     r/REVISION/KEY   the object's JSON as of that revision; empty for a deletion
 *     h/REVISION/KEY   what that revision replaced: kind of change, previous revision, createRevision, expires.
 *                      None for creations. Goes when history is compacted, with the r row that was replaced.
 *     m/NAME           format, revision (never falls below), floor
 *
 * Every version's bytes stand once. Start-up reads the k and h rows, which are small, and no object.
 */
export const FORMAT = 1;

export const META = { format: 'm/format', revision: 'm/revision', floor: 'm/floor' } as const;

export const INDEX = { from: 'k/', to: 'k0' } as const;
export const RECORDS = { from: 'r/', to: 'r0' } as const;
export const HISTORY = { from: 'h/', to: 'h0' } as const;

const DIGITS = 16;

const padded = (revision: number): string => String(revision).padStart(DIGITS, '0');

export const indexRow = (key: ObjectKey): string => `k/${key}`;
export const recordRow = (revision: number, key: ObjectKey): string => `r/${padded(revision)}/${key}`;
export const historyRow = (revision: number, key: ObjectKey): string => `h/${padded(revision)}/${key}`;

/** Rows of one table with `after` < revision <= `until`. */
export function revisionRange(table: 'r' | 'h', after: number, until: number): { from: string; to: string } {
  return { from: `${table}/${padded(after + 1)}/`, to: `${table}/${padded(until + 1)}/` };
}

export const keyOfIndexRow = (row: string): ObjectKey => row.slice(2);

export function parseRevisionRow(row: string): { revision: Revision; key: ObjectKey } {
  return { revision: Number(row.slice(2, 2 + DIGITS)) as Revision, key: row.slice(3 + DIGITS) };
}

export interface IndexValue {
  readonly revision: Revision;
  readonly createRevision: Revision;
  readonly expires: number | undefined;
}

export function encodeIndex({ revision, createRevision, expires }: IndexValue): Uint8Array {
  // A small Uint8Array lives on V8's heap; a Buffer would pin a slab of 8 KB.
  const bytes = new Uint8Array(21);
  putInteger(bytes, 0, revision);
  putInteger(bytes, 7, createRevision);
  putInteger(bytes, 14, expires ?? 0);
  return bytes;
}

export function decodeIndex(bytes: Uint8Array): IndexValue {
  return { revision: getInteger(bytes, 0) as Revision, createRevision: getInteger(bytes, 7) as Revision, expires: getInteger(bytes, 14) || undefined };
}

export interface HistoryValue {
  readonly deleted: boolean;
  /** The version that was replaced. */
  readonly previous: Revision;
  /** Of the version that was replaced; the new one has the same. */
  readonly createRevision: Revision;
  /** Of the version that was replaced. */
  readonly expires: number | undefined;
  /** Size of the JSON that was replaced, for the bound on bytes. */
  readonly bytes: number;
}

export function encodeHistory({ deleted, previous, createRevision, expires, bytes }: HistoryValue): Uint8Array {
  const out = new Uint8Array(29);
  out[0] = deleted ? 1 : 0;
  putInteger(out, 1, previous);
  putInteger(out, 8, createRevision);
  putInteger(out, 15, expires ?? 0);
  putInteger(out, 22, bytes);
  return out;
}

export function decodeHistory(bytes: Uint8Array): HistoryValue {
  return {
    deleted: bytes[0] === 1,
    previous: getInteger(bytes, 1) as Revision,
    createRevision: getInteger(bytes, 8) as Revision,
    expires: getInteger(bytes, 15) || undefined,
    bytes: getInteger(bytes, 22),
  };
}

/** Meta rows are decimal text, readable in a hex dump. */
export const encodeMeta = (value: number): Uint8Array => Buffer.from(String(value));

/** Undefined for anything but a plain decimal number. */
export function decodeMeta(bytes: Buffer): number | undefined {
  const text = bytes.toString('latin1');
  return /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}

/** Seven bytes, big-endian: every safe integer that is not negative. */
function putInteger(bytes: Uint8Array, offset: number, value: number): void {
  const high = Math.floor(value / 0x1000000);
  const low = value % 0x1000000;
  bytes[offset] = (high / 0x1000000) & 0xff;
  bytes[offset + 1] = (high >>> 16) & 0xff;
  bytes[offset + 2] = (high >>> 8) & 0xff;
  bytes[offset + 3] = high & 0xff;
  bytes[offset + 4] = (low >>> 16) & 0xff;
  bytes[offset + 5] = (low >>> 8) & 0xff;
  bytes[offset + 6] = low & 0xff;
}

function getInteger(bytes: Uint8Array, offset: number): number {
  const at = (i: number): number => bytes[offset + i] as number;
  const high = at(0) * 0x1000000 + ((at(1) << 16) | (at(2) << 8) | at(3));
  return high * 0x1000000 + ((at(4) << 16) | (at(5) << 8) | at(6));
}
