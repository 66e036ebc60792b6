import type { Clock } from '../base/clock.js';

/** After this long without news an expectation counts as fulfilled: the change may have been lost. */
const EXPIRES_MS = 5 * 60_000;

interface Expected {
  creations: number;
  readonly deletions: Set<string>;
  readonly since: number;
}

/**
 * What a controller has asked for and not seen in its cache yet (Kubernetes' UIDTrackingControllerExpectations):
 * as long as something is missing the cache is known to be stale, and nothing may be created or deleted by it.
 */
export class Expectations {
  private readonly byKey = new Map<string, Expected>();

  constructor(private readonly clock: Clock) {}

  /** Whether the cache shows everything that was asked for on behalf of the key. */
  satisfied(key: string): boolean {
    const expected = this.byKey.get(key);
    if (!expected) return true;
    return (expected.creations <= 0 && expected.deletions.size === 0) || this.clock.now() - expected.since > EXPIRES_MS;
  }

  /** Call before the requests are sent: their effect may be seen before their answer. */
  expectCreations(key: string, count: number): void {
    this.byKey.set(key, { creations: count, deletions: new Set(), since: this.clock.now() });
  }

  expectDeletions(key: string, objects: Iterable<string>): void {
    this.byKey.set(key, { creations: 0, deletions: new Set(objects), since: this.clock.now() });
  }

  /** Both at once, for controllers that create and delete in the same round. */
  expect(key: string, creations: number, deletions: Iterable<string>): void {
    this.byKey.set(key, { creations, deletions: new Set(deletions), since: this.clock.now() });
  }

  /** Also for a creation that failed and will never be seen. */
  creationObserved(key: string): void {
    const expected = this.byKey.get(key);
    if (expected && expected.creations > 0) expected.creations--;
  }

  /** Once for each object, however often its deletion is seen. */
  deletionObserved(key: string, object: string): void {
    this.byKey.get(key)?.deletions.delete(object);
  }

  forget(key: string): void {
    this.byKey.delete(key);
  }
}
