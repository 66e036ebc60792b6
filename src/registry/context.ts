import { badRequest } from '../api/errors.js';
import { quote } from '../api/field.js';
import type { GroupVersionKind } from '../api/gvk.js';
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

/** How a write is shown to admission where that is not as usual. */
interface Shown {
  /** Kind of the body of an action (Binding), or of the options of a connection. */
  readonly kind?: GroupVersionKind;
  /** DeleteOptions of a deletion; null for none. Other operations have theirs in the request. */
  readonly options?: object | null;
}

/** What admission is told of a write. Of a subresource that shows the object as another kind (Scale) it gets to know the kind. */
export function admissionAttributes(
  registry: RegistryDependencies,
  request: WriteRequest,
  operation: AdmissionAttributes['operation'],
  name: string,
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
  shown: Shown = {},
): AdmissionAttributes {
  return new Attributes(registry, request, operation, name, object, oldObject, shown);
}

/** Made several times for each write: what few plugins ask for is found out when they do. */
class Attributes implements AdmissionAttributes {
  readonly kind: GroupVersionKind;
  readonly resource: AdmissionAttributes['resource'];
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;

  constructor(
    private readonly registry: RegistryDependencies,
    private readonly request: WriteRequest,
    readonly operation: AdmissionAttributes['operation'],
    readonly name: string,
    object: KubeObject | undefined,
    oldObject: KubeObject | undefined,
    private readonly shown: Shown,
  ) {
    const { gvk, facts, subresources } = request.kind;
    const subresource = request.subresource === '' ? undefined : subresources.get(request.subresource);
    const view = subresource?.type === 'object' ? subresource.projection : undefined;
    this.kind = shown.kind ?? view?.gvk ?? gvk;
    this.resource = { group: gvk.group, version: gvk.version, resource: facts.plural };
    this.object = view && object ? view.read(object) : object;
    this.oldObject = view && oldObject ? view.read(oldObject) : oldObject;
  }

  get subresource(): string {
    return this.request.subresource;
  }

  get namespace(): string {
    return this.request.namespace;
  }

  get user(): AdmissionAttributes['user'] {
    return this.request.user;
  }

  get dryRun(): boolean {
    return this.request.dryRun;
  }

  get reader(): AdmissionAttributes['reader'] {
    return this.registry.reader;
  }

  /** Asked for by webhooks and policies only. */
  get options(): object | undefined {
    const { options } = this.shown;
    return options === null ? undefined : { kind: OPTIONS[this.operation], apiVersion: 'meta.k8s.io/v1', ...(options ?? this.request.sentOptions) };
  }

  warn(text: string): void {
    this.request.warn(text);
  }
}

const OPTIONS = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions', CONNECT: '' };

/** The resource as error messages name it. */
export function groupResource(request: { kind: WriteRequest['kind'] }): { group: string; resource: string } {
  return { group: request.kind.gvk.group, resource: request.kind.facts.plural };
}

/** Key of an object of the kind in the store. Throws ApiError 400 for a name that no object can have: none, or a part of a path, such as `..`. */
export function objectKey(request: { kind: WriteRequest['kind']; namespace: string }, name: string): string {
  if (!name) throw badRequest('Name parameter required.');
  const problems = isPathSegmentName(name);
  if (problems.length > 0) throw badRequest(`Name parameter invalid: ${quote(name)}: ${problems.join(';')}`);
  return `${request.kind.storage.prefix}${request.kind.facts.namespaced ? `${request.namespace}/` : ''}${name}`;
}
