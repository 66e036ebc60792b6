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
