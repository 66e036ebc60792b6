import { badRequest } from '../api/errors.js';
import { quote } from '../api/field.js';
import { isPathSegmentName } from '../api/names.js';
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

/**
 * What admission is told of a write. Of a subresource that shows the object as another kind (Scale) it gets to know the kind.
 * @param sent DeleteOptions of a deletion; other operations have theirs in the request
 */
export function admissionAttributes(
  registry: RegistryDependencies,
  request: WriteRequest,
  operation: AdmissionAttributes['operation'],
  name: string,
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
  sent?: object,
): AdmissionAttributes {
  const { gvk, facts, subresources } = request.kind;
  const subresource = request.subresource === '' ? undefined : subresources.get(request.subresource);
  const view = subresource?.type === 'object' ? subresource.projection : undefined;
  return {
    operation,
    kind: view?.gvk ?? gvk,
    resource: { group: gvk.group, version: gvk.version, resource: facts.plural },
    subresource: request.subresource,
    namespace: request.namespace,
    name,
    object: view && object ? view.read(object) : object,
    oldObject: view && oldObject ? view.read(oldObject) : oldObject,
    user: request.user,
    dryRun: request.dryRun,
    // Asked for by webhooks only.
    get options() {
      return { kind: OPTIONS[operation], apiVersion: 'meta.k8s.io/v1', ...(sent ?? request.sentOptions) };
    },
    reader: registry.reader,
    warn: (text) => request.warn(text),
  };
}

const OPTIONS = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions', CONNECT: '' };

/** The resource as error messages name it. */
export function groupResource(request: { kind: WriteRequest['kind'] }): { group: string; resource: string } {
  return { group: request.kind.gvk.group, resource: request.kind.facts.plural };
}

/** Key of an object of the kind in the store. Throws ApiError 400 for a name that no object can have: a part of a path, such as `..`. */
export function objectKey(request: { kind: WriteRequest['kind']; namespace: string }, name: string): string {
  const problems = isPathSegmentName(name);
  if (problems.length > 0) throw badRequest(`Name parameter invalid: ${quote(name)}: ${problems.join(';')}`);
  return `${request.kind.storage.prefix}${request.kind.facts.namespaced ? `${request.namespace}/` : ''}${name}`;
}
