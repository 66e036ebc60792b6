import { deepEqual } from '../base/freeze.js';
import { type FieldType, TypeProblem } from './field-type.js';
import { elementText, type PathElement } from './path-element.js';
import { isMap, type JsonMap, own } from './value.js';

/**
 * Merges an applied configuration into an object: nothing is removed, leaves are taken from the configuration, items of
 * lists are ordered like it. Neither argument is changed; `live` itself comes back where nothing changes.
 * Throws TypeProblem for lists whose items cannot be told apart or occur twice in the configuration.
 */
export function mergeInto(type: FieldType, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live;
  if (live === undefined) return applied;
  switch (type.shape) {
    case 'leaf':
      return deepEqual(live, applied) ? live : applied;
    case 'map':
      return mergeMaps(type, live, applied);
    case 'deduced':
      // Null takes the form of the other side; a map and something else do not mix.
      if (isMap(applied) || (isMap(live) && applied === null)) return mergeMaps(type, live, applied);
      return deepEqual(live, applied) ? live : applied;
    default:
      return mergeLists(type, live, applied);
  }
}

function mergeMaps(type: FieldType, live: unknown, applied: unknown): unknown {
  const left = isMap(live) ? live : undefined;
  const right = isMap(applied) ? applied : undefined;
  if (isEmpty(left) && isEmpty(right)) return deepEqual(live, applied) ? live : applied;
  if (!right) return live;
  if (!left) return applied;
  let result: Record<string, unknown> | undefined;
  for (const key of Object.keys(right)) {
    const current = own(left, key);
    const merged = mergeInto(type.place(key).type, current, right[key]);
    if (merged !== current) Object.defineProperty((result ??= { ...left }), key, { value: merged, enumerable: true, configurable: true, writable: true });
  }
  return result ?? live;
}

function isEmpty(map: JsonMap | undefined): boolean {
  return !map || Object.keys(map).length === 0;
}

function mergeLists(type: FieldType, live: unknown, applied: unknown): unknown {
  const left = Array.isArray(live) ? (live as unknown[]) : [];
  const right = Array.isArray(applied) ? (applied as unknown[]) : [];
  if (left.length === 0 && right.length === 0) return deepEqual(live, applied) ? live : applied;
  const merged = new ListMerge(type, left, right).run();
  return merged.length === left.length && merged.every((item, i) => item === left[i]) ? live : merged;
}

/**
 * The order of a merged list: items that both have stand as the configuration has them, the others keep their place
 * relative to their neighbours as far as that goes.
 */
class ListMerge {
  private readonly out: unknown[] = [];
  private readonly leftElements: PathElement[];
  private readonly rightElements: PathElement[];
  private readonly leftItems: Map<PathElement, unknown>;
  private readonly rightItems: Map<PathElement, unknown>;
  private readonly merged = new Set<PathElement>();
  private readonly shared: PathElement[];

  constructor(
    private readonly type: FieldType,
    private readonly left: readonly unknown[],
    right: readonly unknown[],
  ) {
    this.rightElements = this.elements(right);
    this.leftElements = this.elements(left);
    this.rightItems = new Map();
    right.forEach((item, i) => {
      const element = this.rightElements[i] as PathElement;
      if (this.rightItems.has(element)) throw new TypeProblem(`duplicate entries for key ${elementText(element)}`);
      this.rightItems.set(element, item);
    });
    // Items that the live list has twice are not merged with the configuration's.
    this.leftItems = new Map();
    left.forEach((item, i) => {
      const element = this.leftElements[i] as PathElement;
      this.leftItems.set(element, this.leftItems.has(element) ? null : item);
    });
    this.shared = this.rightElements.filter((element) => this.leftItems.has(element)).reverse();
  }

  run(): unknown[] {
    let next = this.shared.pop();
    const { leftElements, rightElements } = this;
    let l = 0;
    let r = 0;
    while (l < leftElements.length || r < rightElements.length) {
      const mine = leftElements[l];
      const theirs = rightElements[r];
      if (mine !== undefined && theirs !== undefined) {
        if (mine === theirs) {
          this.takeRight(theirs);
          l++;
          r++;
          next = this.shared.pop();
          continue;
        }
        if (this.rightItems.has(mine) && next !== undefined && next !== mine) {
          // Shared, but not the one whose turn it is.
          l++;
          continue;
        }
      }
      if (mine !== undefined) {
        if (!this.rightItems.has(mine)) {
          this.out.push(this.left[l]);
          l++;
          continue;
        }
        if (this.merged.has(mine)) l++;
      }
      if (theirs !== undefined) {
        this.takeRight(theirs);
        r++;
        if (next === theirs) next = this.shared.pop();
      }
    }
    return this.out;
  }

  private takeRight(element: PathElement): void {
    this.merged.add(element);
    this.out.push(mergeInto(this.type.element, this.leftItems.get(element), this.rightItems.get(element)));
  }

  private elements(items: readonly unknown[]): PathElement[] {
    return items.map((item, i) => {
      try {
        return this.type.itemElement(item);
      } catch (error) {
        throw error instanceof TypeProblem ? new TypeProblem(`element ${i}: ${error.message}`) : error;
      }
    });
  }
}
