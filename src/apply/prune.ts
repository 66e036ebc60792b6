import type { KubeObject } from '../api/object.js';
import { fieldSetOf } from './field-set.js';
import type { FieldType } from './field-type.js';
import type { Managed } from './managed-fields.js';
import { typeIn, type VersionContext } from './ownership.js';
import { PathSet } from './path-set.js';
import { removeItems, withNamedFields } from './remove-items.js';

/**
 * Removes from a merged object what its manager applied last time and not this time, unless another manager owns it, or
 * it holds something that the manager never applied. `managers` has the new set of the applying manager.
 */
export function prune(context: VersionContext, merged: KubeObject, managers: ReadonlyMap<string, Managed>, last: Managed | undefined, current: Managed): KubeObject {
  if (!last || last.set.isEmpty) return merged;
  if (last.apiVersion === current.apiVersion && last.set.difference(current.set).isEmpty) return merged;
  const run = new Prune(context);
  const type = typeIn(context, last.apiVersion);
  if (!type) return merged;
  const whole = run.convert(merged, context.apiVersion, last.apiVersion);
  let left: Versioned = { object: removed(type, whole, withNamedFields(type, last.set)), apiVersion: last.apiVersion };
  left = run.addBackOwned({ object: whole, apiVersion: last.apiVersion }, left, managers);
  const remaining = run.convert(left.object, left.apiVersion, last.apiVersion);
  const result = keepDangling(type, whole, remaining, last.set);
  return run.convert(result, last.apiVersion, context.apiVersion);
}

interface Versioned {
  readonly object: KubeObject;
  readonly apiVersion: string;
}

class Prune {
  constructor(private readonly context: VersionContext) {}

  /** Adds back what was removed but is owned by someone; versions of managers are gone through one by one. */
  addBackOwned(merged: Versioned, pruned: Versioned, managers: ReadonlyMap<string, Managed>): Versioned {
    const owned = new Map<string, PathSet>([[merged.apiVersion, PathSet.empty]]);
    for (const { apiVersion, set } of managers.values()) owned.set(apiVersion, (owned.get(apiVersion) ?? PathSet.empty).union(set));
    let result = pruned;
    for (const [apiVersion, set] of owned) {
      const type = typeIn(this.context, apiVersion);
      if (!type) continue;
      const whole = this.convert(merged.object, merged.apiVersion, apiVersion);
      const left = this.convert(result.object, result.apiVersion, apiVersion);
      const all = withNamedFields(type, fieldSetOf(type, whole));
      const kept = withNamedFields(type, fieldSetOf(type, left)).union(withNamedFields(type, set));
      result = { object: removed(type, whole, all.difference(kept)), apiVersion };
    }
    return result;
  }

  convert(object: KubeObject, from: string, to: string): KubeObject {
    if (from === to) return object;
    const current = from === this.context.apiVersion ? object : (this.context.otherVersion?.(from)?.toCurrent(object) ?? object);
    return to === this.context.apiVersion ? current : (this.context.otherVersion?.(to)?.fromCurrent(current) ?? current);
  }
}

/** What the manager did not apply before was not its to remove. */
function keepDangling(type: FieldType, merged: KubeObject, pruned: KubeObject, last: PathSet): KubeObject {
  const before = withNamedFields(type, fieldSetOf(type, merged));
  const after = withNamedFields(type, fieldSetOf(type, pruned));
  return removed(type, merged, before.difference(after).intersection(withNamedFields(type, last)));
}

function removed(type: FieldType, object: KubeObject, set: PathSet): KubeObject {
  return removeItems(type, object, set) as KubeObject;
}

