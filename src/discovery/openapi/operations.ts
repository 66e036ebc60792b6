import type { GroupVersionKind } from '../../api/gvk.js';
import { definitionOf, type ResourceFact, type SubresourceFact } from '../../schema/catalogue.js';
import { CONNECT_PARAMETERS, DELETE_COLLECTION_PARAMETERS, DELETE_PARAMETERS, LIST_PARAMETERS, LOG_PARAMETERS, PATCH_PARAMETERS, WRITE_PARAMETERS } from './parameters.js';

/** What an OpenAPI document says of one method of one path, before it takes the form of version 2 or 3. */
export interface ApiOperation {
  readonly method: HttpMethod;
  readonly operationId: string;
  readonly description: string;
  readonly tag: string;
  readonly consumes: readonly string[];
  readonly produces: readonly string[];
  /** Keys of openapi/parameters.json; `name:KIND` is the path parameter of an object's name. */
  readonly parameters: readonly string[];
  readonly body?: { readonly definition: string; readonly required: boolean };
  /** Status codes besides 401, and what they answer: a definition, or 'string'. */
  readonly answers: { readonly codes: readonly number[]; readonly definition: string };
  readonly action?: string;
  readonly gvk?: GroupVersionKind;
}

export type HttpMethod = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch';

/** The order in which Kubernetes prints the methods of a path. */
export const METHODS: readonly HttpMethod[] = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'];

export const ENCODINGS = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const STREAMS = [...ENCODINGS, 'application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];
const PATCHES = ['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json', 'application/apply-patch+yaml'];
const CUSTOM_ENCODINGS = ['application/json', 'application/yaml'];
const CUSTOM_PATCHES = PATCHES.filter((type) => !type.includes('strategic'));
const ANY = ['*/*'];
const RESOURCE_VERSION = 'resourceVersion-5WAnf1kx';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';

/** What a resource brings beside its facts. */
export interface OperationTraits {
  /** DELETE answers with the object instead of a Status. */
  readonly returnsDeleted: boolean;
  /** Names of definitions that are not in the facts. */
  readonly definitions?: { readonly item: string; readonly list: string } | undefined;
  /** A custom resource: without protobuf and strategic merge patch, and documented by the API extensions server, which does it a little otherwise. */
  readonly custom?: boolean;
}

/** The operations of a resource and its subresources by path: what Kubernetes' API installer registers for it. */
export function resourceOperations(facts: ResourceFact, traits: OperationTraits): Map<string, ApiOperation[]> {
  return new ResourceOperations(facts, traits).build();
}

/** `rbac.authorization.k8s.io` is RbacAuthorization in operation ids, rbacAuthorization in tags. */
export function groupTitle(group: string): string {
  return title(groupTag(group));
}

export function groupTag(group: string): string {
  if (group === '') return 'core';
  const [first = '', ...rest] = group.replace(/\.k8s\.io$/, '').split(/[.-]/);
  return first + rest.map(title).join('');
}

function title(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

class ResourceOperations {
  private readonly paths = new Map<string, ApiOperation[]>();
  private readonly root: string;
  private readonly prefix: string;
  private readonly scoped: string;
  private readonly tag: string;
  private readonly gvk: GroupVersionKind;
  private readonly definition: string;

  constructor(
    private readonly facts: ResourceFact,
    private readonly traits: OperationTraits,
  ) {
    const { group, version, kind, namespaced } = facts;
    this.root = group ? `/apis/${group}/${version}` : `/api/${version}`;
    this.prefix = groupTitle(group) + title(version);
    this.scoped = `${namespaced ? 'Namespaced' : ''}${kind}`;
    this.tag = `${groupTag(group)}_${version}`;
    this.gvk = { group, version, kind };
    this.definition = traits.definitions?.item ?? definitionOf(this.gvk) ?? META + kind;
  }

  build(): Map<string, ApiOperation[]> {
    const { facts } = this;
    const scope = facts.namespaced ? `/namespaces/{namespace}/${facts.plural}` : `/${facts.plural}`;
    this.collection(this.root + scope);
    this.item(`${this.root + scope}/{name}`);
    for (const subresource of facts.subresources) this.subresource(`${this.root + scope}/{name}/${subresource.name}`, subresource);
    if (facts.namespaced && this.has('list')) this.add(`${this.root}/${facts.plural}`, this.list(`list${this.prefix}${facts.kind}ForAllNamespaces`, []));
    if (this.has('watch') && !this.traits.custom) this.watches(scope);
    return this.paths;
  }

  private collection(path: string): void {
    const { facts, prefix, scoped, definition } = this;
    const namespace = this.namespaceParameter();
    if (this.has('list')) this.add(path, this.list(`list${prefix}${scoped}`, namespace));
    if (this.has('create')) {
      this.add(path, {
        ...this.operation('post', 'post', `create${prefix}${scoped}`, `create ${article(facts.kind)} ${facts.kind}`),
        parameters: [...WRITE_PARAMETERS, ...namespace],
        body: { definition, required: true },
        answers: { codes: [200, 201, 202], definition },
      });
    }
    if (this.has('deletecollection')) {
      this.add(path, {
        ...this.operation('delete', 'deletecollection', `delete${prefix}Collection${scoped}`, `delete collection of ${facts.kind}`),
        parameters: [...(this.traits.custom ? LIST_PARAMETERS : DELETE_COLLECTION_PARAMETERS), ...namespace],
        ...(this.traits.custom ? {} : { body: { definition: `${META}DeleteOptions`, required: false } }),
        answers: { codes: [200], definition: `${META}Status` },
      });
    }
  }

  private item(path: string): void {
    const { facts, prefix, scoped, definition } = this;
    const place = this.itemParameters(facts.kind);
    if (this.has('get')) this.add(path, this.get(`read${prefix}${scoped}`, `read the specified ${facts.kind}`, place, definition));
    if (this.has('update')) this.add(path, this.put(`replace${prefix}${scoped}`, `replace the specified ${facts.kind}`, place, definition));
    if (this.has('delete')) {
      this.add(path, {
        ...this.operation('delete', 'delete', `delete${prefix}${scoped}`, `delete ${article(facts.kind)} ${facts.kind}`),
        parameters: [...DELETE_PARAMETERS, ...place],
        body: { definition: `${META}DeleteOptions`, required: false },
        answers: { codes: [200, 202], definition: this.traits.returnsDeleted ? definition : `${META}Status` },
      });
    }
    if (this.has('patch')) this.add(path, this.patch(`patch${prefix}${scoped}`, `partially update the specified ${facts.kind}`, place, definition));
  }

  private subresource(path: string, subresource: SubresourceFact): void {
    const { facts, prefix, scoped } = this;
    const ofOther = { group: subresource.kind.version ? subresource.kind.group : facts.group, version: subresource.kind.version || facts.version, kind: subresource.kind.kind };
    // The API extensions server says that a Scale is of its parent's kind.
    const gvk = this.traits.custom ? this.gvk : ofOther;
    if (gvk.kind.endsWith('Options')) {
      this.connect(path, subresource, gvk, false);
      if (subresource.name === 'proxy') this.connect(`${path}/{path}`, subresource, gvk, true);
      return;
    }
    const definition = definitionOf(ofOther) ?? this.definition;
    const suffix = `${prefix}${scoped}${title(subresource.name)}`;
    const place = this.itemParameters(gvk.kind);
    const of = `${subresource.name} of the specified ${facts.kind}`;
    const verbs = new Set(subresource.verbs);
    if (subresource.name === 'log') {
      const log = this.get(`read${suffix}`, `read ${of}`, [...LOG_PARAMETERS, ...place], 'string');
      this.add(path, { ...log, gvk, produces: ['text/plain', ...ENCODINGS] });
      return;
    }
    if (verbs.has('get')) this.add(path, { ...this.get(`read${suffix}`, `read ${of}`, place, definition), gvk });
    if (verbs.has('update')) this.add(path, { ...this.put(`replace${suffix}`, `replace ${of}`, place, definition), gvk });
    if (verbs.has('create')) {
      this.add(path, {
        ...this.operation('post', 'post', `create${suffix}`, `create ${subresource.name} of ${article(facts.kind)} ${facts.kind}`),
        gvk,
        parameters: [...WRITE_PARAMETERS, ...place],
        body: { definition, required: true },
        answers: { codes: [200, 201, 202], definition },
      });
    }
    if (verbs.has('patch')) this.add(path, { ...this.patch(`patch${suffix}`, `partially update ${of}`, place, definition), gvk });
  }

  /** exec, attach, portforward, proxy: the request becomes a stream, or another server's answer. */
  private connect(path: string, subresource: SubresourceFact, gvk: GroupVersionKind, withPath: boolean): void {
    const methods = subresource.name === 'proxy' ? METHODS : (['get', 'post'] as const);
    for (const method of methods) {
      const id = `connect${this.prefix}${title(method)}${this.scoped}${title(subresource.name)}${withPath ? 'WithPath' : ''}`;
      this.add(path, {
        ...this.operation(method, 'connect', id, `connect ${method.toUpperCase()} requests to ${subresource.name} of ${this.facts.kind}`),
        gvk,
        produces: ANY,
        parameters: [...(CONNECT_PARAMETERS[gvk.kind] ?? []), ...(withPath ? ['path-z6Ciiujn'] : []), ...this.itemParameters(gvk.kind).filter((key) => key !== PRETTY)],
        answers: { codes: [200], definition: 'string' },
      });
    }
  }

  /** The paths below /watch, deprecated since lists take watch=true. */
  private watches(scope: string): void {
    const { facts, prefix, scoped, root } = this;
    const namespace = this.namespaceParameter();
    const add = (path: string, id: string, action: string, parameters: readonly string[]): void =>
      this.add(`${root}/watch${path}`, {
        ...this.operation('get', action, id, `watch changes to ${facts.kind} objects. deprecated: list them with the parameter watch instead`),
        produces: STREAMS,
        parameters: [...LIST_PARAMETERS, ...parameters],
        answers: { codes: [200], definition: `${META}WatchEvent` },
      });
    add(scope, `watch${prefix}${scoped}List`, 'watchlist', namespace);
    add(`${scope}/{name}`, `watch${prefix}${scoped}`, 'watch', [...namespace, `name:${facts.kind}`]);
    if (facts.namespaced) add(`/${facts.plural}`, `watch${prefix}${facts.kind}ListForAllNamespaces`, 'watchlist', []);
  }

  private list(operationId: string, parameters: readonly string[]): ApiOperation {
    const { group, version, kind } = this.facts;
    return {
      ...this.operation('get', 'list', operationId, `list ${this.has('watch') && !this.traits.custom ? 'or watch ' : ''}objects of kind ${kind}`),
      produces: this.traits.custom ? CUSTOM_ENCODINGS : STREAMS,
      parameters: [...LIST_PARAMETERS, ...parameters],
      answers: { codes: [200], definition: this.traits.definitions?.list ?? definitionOf({ group, version, kind: `${kind}List` }) ?? this.definition },
    };
  }

  private get(operationId: string, description: string, parameters: readonly string[], definition: string): ApiOperation {
    return { ...this.operation('get', 'get', operationId, description), parameters: this.traits.custom ? [...parameters, RESOURCE_VERSION] : parameters, answers: { codes: [200], definition } };
  }

  private put(operationId: string, description: string, place: readonly string[], definition: string): ApiOperation {
    const operation = this.operation('put', 'put', operationId, description);
    return { ...operation, parameters: [...WRITE_PARAMETERS, ...place], body: { definition, required: true }, answers: { codes: [200, 201], definition } };
  }

  private patch(operationId: string, description: string, place: readonly string[], definition: string): ApiOperation {
    return {
      ...this.operation('patch', 'patch', operationId, description),
      consumes: this.traits.custom ? CUSTOM_PATCHES : PATCHES,
      parameters: [...PATCH_PARAMETERS, ...place],
      body: { definition: `${META}Patch`, required: true },
      answers: { codes: this.traits.custom ? [200] : [200, 201], definition },
    };
  }

  private operation(method: HttpMethod, action: string, operationId: string, description: string): Omit<ApiOperation, 'parameters' | 'answers'> {
    return { method, action, operationId, description, tag: this.tag, gvk: this.gvk, consumes: this.traits.custom ? CUSTOM_ENCODINGS : ANY, produces: this.traits.custom ? CUSTOM_ENCODINGS : ENCODINGS };
  }

  private namespaceParameter(): string[] {
    return this.facts.namespaced ? [NAMESPACE, PRETTY] : [PRETTY];
  }

  private itemParameters(kind: string): string[] {
    return [`name:${kind}`, ...this.namespaceParameter()];
  }

  private has(verb: string): boolean {
    return this.facts.verbs.includes(verb);
  }

  private add(path: string, operation: ApiOperation): void {
    const known = this.paths.get(path);
    const parameters = [...new Set(operation.parameters)];
    const whole = { ...operation, parameters };
    if (known) known.push(whole);
    else this.paths.set(path, [whole]);
  }
}

const NAMESPACE = 'namespace-vgWSWtn3';
const PRETTY = 'pretty-tJGM1-ng';

function article(kind: string): string {
  return /^[AEIOU]/.test(kind) ? 'an' : 'a';
}
