import { formatTime } from '../api/time.js';
import type { AdmissionAttributes, RegistryDependencies, WriteRequest } from './dependencies.js';
import type { StrategyContext } from './kind.js';
import type { KubeObject } from '../api/object.js';

/** The context that strategies get for a request. */
export function strategyContext(registry: RegistryDependencies, request: WriteRequest): StrategyContext {
  return {
    now: formatTime(registry.clock.now()),
    clock: registry.clock,
    ids: registry.ids,
    user: request.user,
    reader: registry.reader,
    dryRun: request.dryRun,
    namespace: request.namespace,
    subresource: request.subresource,
    warn: (text) => request.warn(text),
  };
}

export function admissionAttributes(
  registry: RegistryDependencies,
  request: WriteRequest,
  operation: AdmissionAttributes['operation'],
  name: string,
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
): AdmissionAttributes {
  const { gvk, facts } = request.kind;
  return {
    operation,
    kind: gvk,
    resource: { group: gvk.group, version: gvk.version, resource: facts.plural },
    subresource: request.subresource,
    namespace: request.namespace,
    name,
    object,
    oldObject,
    user: request.user,
    dryRun: request.dryRun,
    reader: registry.reader,
    warn: (text) => request.warn(text),
  };
}

/** The resource as error messages name it. */
export function groupResource(request: { kind: WriteRequest['kind'] }): { group: string; resource: string } {
  return { group: request.kind.gvk.group, resource: request.kind.facts.plural };
}

/** Key of an object of the kind in the store. */
export function objectKey(request: { kind: WriteRequest['kind']; namespace: string }, name: string): string {
  return `${request.kind.storage.prefix}${request.kind.facts.namespaced ? `${request.namespace}/` : ''}${name}`;
}
