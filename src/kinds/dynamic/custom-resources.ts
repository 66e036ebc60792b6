import type { CustomResourceDefinition } from '../../api/types/apiextensions-v1.js';
import { deepEqual } from '../../base/freeze.js';
import type { KindCatalogue } from '../../registry/catalogue.js';
import type { Kind } from '../../registry/kind.js';
import { customKinds } from './custom-kind.js';
import type { ConversionEnvironment } from './webhook-conversion.js';

/** Where definitions are stored. */
export const DEFINITIONS_PREFIX = 'apiextensions.k8s.io/customresourcedefinitions/';

interface Served {
  readonly spec: CustomResourceDefinition['spec'];
  /** What of the status decides what is served. */
  readonly names: unknown;
  readonly states: readonly string[];
  readonly kinds: readonly Kind[];
}

/** Conditions that decide whether, and how, a resource is served. */
const DECIDING = ['Established', 'Terminating'];

/** Keeps the catalogue's custom kinds in step with the definitions in the store. */
export class CustomResources {
  private readonly served = new Map<string, Served>();

  constructor(
    private readonly catalogue: KindCatalogue,
    private readonly conversion: ConversionEnvironment,
  ) {}

  /** A definition is there, or has changed. Watches of what it serves otherwise from now on end, for clients to begin anew. */
  put(key: string, definition: CustomResourceDefinition): void {
    const { spec, status } = definition;
    const states = (status?.conditions ?? []).filter((condition) => DECIDING.includes(condition.type) && condition.status === 'True').map(({ type }) => type);
    const before = this.served.get(key);
    if (before && deepEqual([before.spec, before.names, before.states], [spec, status?.acceptedNames, states])) return;
    this.remove(key);
    const kinds = customKinds(definition, this.conversion);
    for (const kind of kinds) this.catalogue.add(kind);
    this.served.set(key, { spec, names: status?.acceptedNames, states, kinds });
  }

  /** A definition is gone. */
  remove(key: string): void {
    const before = this.served.get(key);
    if (!before) return;
    this.served.delete(key);
    for (const kind of before.kinds) {
      this.catalogue.remove(kind);
      kind.custom?.retired.abort();
    }
  }
}
