import type { PodTemplateSpec } from '../../api/types/core-v1.js';
import { SAFE_ALPHABET } from '../../base/ids.js';
import { goDump } from './go-dump.js';

/** FNV-1a with 32 bits, as Go's hash/fnv. */
export class Fnv32a {
  private state = 0x811c9dc5;

  write(bytes: Uint8Array): this {
    for (const byte of bytes) this.state = Math.imul(this.state ^ byte, 0x01000193) >>> 0;
    return this;
  }

  sum(): number {
    return this.state;
  }
}

/** FNV-1 with 32 bits: multiplies before it mixes. */
export function fnv32(...parts: readonly Uint8Array[]): number {
  let state = 0x811c9dc5;
  for (const bytes of parts) for (const byte of bytes) state = (Math.imul(state, 0x01000193) ^ byte) >>> 0;
  return state;
}

const FNV128_OFFSET = 0x6c62272e07bb014262b821756295c58dn;
const FNV128_PRIME = 0x0000000001000000000000000000013bn;
const MASK_128 = (1n << 128n) - 1n;

/** FNV-1a with 128 bits, in hexadecimal. */
export function fnv128a(text: string): string {
  let hash = FNV128_OFFSET;
  for (const byte of Buffer.from(text)) hash = ((hash ^ BigInt(byte)) * FNV128_PRIME) & MASK_128;
  return hash.toString(16).padStart(32, '0');
}

/**
 * Sorts Go values of a type by their hashes (pkg/util/hash.DeepHashObject): Kubernetes does so where it needs
 * just any order that is always the same, and kubectl shows the values in that order.
 */
export function sortByHash<T>(type: string, items: readonly T[]): T[] {
  if (items.length < 2) return [...items];
  const keyed = items.map((item) => ({ item, key: fnv128a(goDump(type, item)) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ item }) => item);
}

/** Spells a number in the alphabet that cannot spell words (k8s.io/apimachinery/pkg/util/rand.SafeEncodeString). */
export function safeEncode(text: string): string {
  let encoded = '';
  for (let i = 0; i < text.length; i++) encoded += SAFE_ALPHABET[text.charCodeAt(i) % SAFE_ALPHABET.length];
  return encoded;
}

const hashes = new WeakMap<object, Map<number | undefined, string>>();

/**
 * The pod-template-hash of a Deployment's template, as Kubernetes computes it: equal templates have equal hashes there
 * and here. `collisionCount`: from the Deployment's status, absent until there was a collision.
 */
export function podTemplateHash(template: PodTemplateSpec, collisionCount?: number): string {
  // Stored templates are frozen, so a hash once computed stays right.
  const known = hashes.get(template)?.get(collisionCount);
  if (known !== undefined) return known;
  const hash = new Fnv32a().write(Buffer.from(goDump('v1.PodTemplateSpec', template)));
  if (collisionCount !== undefined) hash.write(littleEndian(collisionCount));
  const text = safeEncode(String(hash.sum()));
  if (Object.isFrozen(template)) {
    const byCount = hashes.get(template) ?? new Map<number | undefined, string>();
    hashes.set(template, byCount.set(collisionCount, text));
  }
  return text;
}

function littleEndian(count: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(count >>> 0);
  return bytes;
}
