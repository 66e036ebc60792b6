import type { GroupVersionKind } from '../../api/gvk.js';
import type { KubeObject } from '../../api/object.js';
import { definitionOf } from '../../schema/catalogue.js';
import { canonical } from '../../schema/typed.js';

/** An object that was made from one of another version, in the form in which its own is stored and printed. */
export function converted<T extends KubeObject>(gvk: GroupVersionKind, object: T): T {
  return canonical(definitionOf(gvk), object as unknown as Record<string, unknown>) as unknown as T;
}
