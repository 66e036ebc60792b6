import type { JSONSchemaProps } from '../../api/types/apiextensions-v1.js';
import { deepEqual } from '../../base/freeze.js';
import { additionalOf, itemsOf } from '../apiextensions/structural.js';
import { isFields, ownProperty } from './json.js';

/**
 * What a value of a new object was in the old one, where that can be told: fields and keys by their names, items of
 * lists that are maps by their keys. Errors in what has not changed do not count
 * (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-ratcheting).
 */
export class Correlation {
  private same: boolean | undefined;

  constructor(
    readonly value: unknown,
    readonly old: unknown,
    private readonly schema: JSONSchemaProps | undefined,
  ) {}

  get unchanged(): boolean {
    return (this.same ??= deepEqual(this.value, this.old));
  }

  key(name: string): Correlation | undefined {
    if (!this.schema) return undefined;
    if (!isFields(this.value) || !isFields(this.old) || !Object.hasOwn(this.value, name) || !Object.hasOwn(this.old, name)) return undefined;
    return new Correlation(this.value[name], this.old[name], ownProperty(this.schema.properties, name) ?? additionalOf(this.schema));
  }

  index(index: number): Correlation | undefined {
    if (this.schema?.['x-kubernetes-list-type'] !== 'map' || !Array.isArray(this.value) || !Array.isArray(this.old)) return undefined;
    const item: unknown = this.value[index];
    const keys = this.schema['x-kubernetes-list-map-keys'] ?? [];
    if (!isFields(item)) return undefined;
    const found = (this.old as unknown[]).find((other) => isFields(other) && keys.every((key) => deepEqual(other[key], item[key])));
    return found === undefined ? undefined : new Correlation(item, found, itemsOf(this.schema));
  }
}
