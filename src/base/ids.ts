import { randomBytes, randomInt, randomUUID } from 'node:crypto';

/** Source of uids and random suffixes; injected so that a test can make them predictable. */
export interface Ids {
  /** A version 4 UUID, as metadata.uid. */
  uid(): string;
  /** `length` characters of Kubernetes' safe alphabet (no vowels, no 0, 1 or 3), as generateName appends. */
  suffix(length?: number): string;
  /** `bytes` random bytes as lower-case hexadecimal. */
  hex(bytes: number): string;
  /** An integer from 0 (inclusive) to `limit` (exclusive). */
  integer(limit: number): number;
}

/** The alphabet of k8s.io/apimachinery/pkg/util/rand: it cannot spell words. */
export const SAFE_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

export class RandomIds implements Ids {
  uid(): string {
    return randomUUID();
  }

  suffix(length = 5): string {
    let text = '';
    for (let i = 0; i < length; i++) text += SAFE_ALPHABET[randomInt(SAFE_ALPHABET.length)];
    return text;
  }

  hex(bytes: number): string {
    return randomBytes(bytes).toString('hex');
  }

  integer(limit: number): number {
    return randomInt(limit);
  }
}
