import { internalError } from '../api/errors.js';
import type { KubeObject } from '../api/object.js';
import { deepClone } from '../base/freeze.js';
import { objectKey } from '../registry/context.js';
import type { WriteRequest } from '../registry/dependencies.js';
import { remove } from '../registry/delete.js';
import { update } from '../registry/update.js';
import type { ObjectVerbs } from '../registry/subresource.js';
import { viewEntry } from '../registry/view.js';
import type { Kind } from './registry.js';
import type { Scope } from './scope.js';

/** The registry's verbs for subresources that act on objects: the caller's identity, the same admission and validation. */
export function objectVerbs(scope: Scope, request: WriteRequest): ObjectVerbs {
  const { registry } = scope;
  const kindOf = (target: { group: string; resource: string }): Kind => {
    const kind = registry.catalogue.groupResource(target.group, target.resource);
    if (!kind) throw internalError(`no resource ${target.resource} in group ${JSON.stringify(target.group)}`);
    return kind;
  };
  return {
    get(resource, namespace, name) {
      const kind = kindOf(resource);
      const entry = registry.store.head(objectKey({ kind, namespace }, name));
      return entry && viewEntry(kind, entry).object;
    },
    async modify<T extends KubeObject>(target: Parameters<ObjectVerbs['modify']>[0], change: (object: T) => void): Promise<T> {
      const kind = kindOf(target);
      const subresource = target.subresource ? kind.subresources.get(target.subresource) : undefined;
      const strategy = subresource?.type === 'object' ? subresource.strategy : kind.strategy;
      const compute = (live: KubeObject | undefined): KubeObject => {
        const draft = deepClone(live as KubeObject);
        change(draft as T);
        return draft;
      };
      const { entry } = await update(registry, { ...request, kind, namespace: target.namespace, subresource: target.subresource }, target.name, compute, { strategy });
      return entry.object as T;
    },
    async delete(target, options) {
      const kind = kindOf(target);
      await remove(registry, { ...request, kind, namespace: target.namespace, subresource: '', dryRun: options.dryRun ?? request.dryRun }, target.name, options);
    },
  };
}
