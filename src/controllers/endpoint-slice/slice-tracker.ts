import type { EndpointSlice } from '../../api/types/discovery-v1.js';
import { type Informer, keyOf } from '../../client/informer.js';

/**
 * Remembers which slices were just written or deleted, so that a controller does not decide by a cache that has not seen
 * that yet and create the same slice twice.
 */
export class SliceTracker {
  /** By owner's key and slice's key: the version that was written, undefined for one that was deleted. */
  private readonly pending = new Map<string, Map<string, bigint | undefined>>();

  constructor(private readonly slices: Informer<EndpointSlice>) {}

  wrote(owner: string, slice: EndpointSlice): void {
    this.of(owner).set(keyOf(slice), BigInt(slice.metadata.resourceVersion ?? 0));
  }

  deleted(owner: string, slice: EndpointSlice): void {
    this.of(owner).set(keyOf(slice), undefined);
  }

  /** To be called when the informer tells of a slice; says whether the change was our own. */
  observe(owner: string, slice: EndpointSlice, gone: boolean): boolean {
    const known = this.pending.get(owner);
    if (!known?.has(keyOf(slice))) return false;
    const version = known.get(keyOf(slice));
    const seen = BigInt(slice.metadata.resourceVersion ?? 0);
    if (gone) {
      this.settle(owner, slice);
      return version === undefined;
    }
    if (version === undefined || seen < version) return true;
    this.settle(owner, slice);
    return seen === version;
  }

  /** Whether the cache lags behind what was written for this owner. */
  isStale(owner: string): boolean {
    return [...(this.pending.get(owner) ?? [])].some(([key, version]) => {
      const slash = key.indexOf('/');
      const cached = this.slices.get(key.slice(slash + 1), key.slice(0, slash));
      if (version === undefined) return cached !== undefined;
      return !cached || BigInt(cached.metadata.resourceVersion ?? 0) < version;
    });
  }

  forget(owner: string): void {
    this.pending.delete(owner);
  }

  private settle(owner: string, slice: EndpointSlice): void {
    const known = this.pending.get(owner);
    known?.delete(keyOf(slice));
    if (known?.size === 0) this.pending.delete(owner);
  }

  private of(owner: string): Map<string, bigint | undefined> {
    const known = this.pending.get(owner) ?? new Map<string, bigint | undefined>();
    this.pending.set(owner, known);
    return known;
  }
}
