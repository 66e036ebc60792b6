import { ApiError, internalError, methodNotAllowed, methodNotSupported, notFound, unknownPath } from '../api/errors.js';
import type { ResourceRequestInfo } from '../api/request-info.js';
import type { Authorize } from '../authn/access.js';
import type { Logger } from '../base/logger.js';
import type { KindCatalogue } from '../registry/catalogue.js';
import type { Kind } from '../registry/kind.js';
import type { RegistryDependencies } from '../registry/dependencies.js';
import { authorizeConnect, authorizeRequest } from './authorize.js';
import { pageNotFound, type DocumentHandler } from './documents.js';
import { encodeResponse } from './encode/index.js';
import { negotiate, offerOf } from './negotiate.js';
import type { ApiRequest, ApiResponse, DocumentResponse, EncodedResponse, Interceptor, Pipeline } from './request.js';
import type { Scope } from './scope.js';
import { act, connect } from './verbs/act.js';
import { create } from './verbs/create.js';
import { deleteMany, deleteOne } from './verbs/delete.js';
import { get } from './verbs/get.js';
import { list } from './verbs/list.js';
import { patch, patchKind } from './verbs/patch.js';
import { update } from './verbs/update.js';
import { createVirtual, getVirtual, listVirtual } from './verbs/virtual.js';
import { watch } from './verbs/watch.js';

export interface PipelineOptions {
  readonly registry: RegistryDependencies;
  readonly authorize: Authorize;
  /** Asked in order for what is no resource. */
  readonly documents: readonly DocumentHandler[];
  readonly logger: Logger;
  /** Outermost first; may change while requests are served. With none, nothing is done for them. */
  readonly interceptors?: readonly Interceptor[] | undefined;
}

/**
 * The corridor that every request takes, from strangers and residents alike: authorization, routing by kind, decoding,
 * the verb in the registry, and (for strangers) encoding. See docs/life-of-a-request.md.
 */
export function createPipeline(options: PipelineOptions): Pipeline {
  return {
    handle: (request) => (options.interceptors?.length ? intercepted(options, options.interceptors, request) : handle(options, request)),
    encode: (request, response): EncodedResponse => encodeResponse(options.registry.clock, request, response),
  };
}

function intercepted(options: PipelineOptions, interceptors: readonly Interceptor[], request: ApiRequest): Promise<ApiResponse> {
  const from = (stage: number) => (asked: ApiRequest): Promise<ApiResponse> => interceptors[stage]?.(asked, from(stage + 1)) ?? handle(options, asked);
  return from(0)(request);
}

async function handle(options: PipelineOptions, request: ApiRequest): Promise<ApiResponse> {
  const warnings: string[] = [];
  try {
    await authorizeRequest(options.authorize, request);
    const { info } = request;
    if (info.isResource) return await dispatch(options, request, info, warnings);
    for (const handler of options.documents) {
      const document = await handler(request);
      if (document) return { ...document, warnings };
    }
    return { ...unanswered(options.registry.catalogue, request), warnings };
  } catch (error) {
    return statusResponse(options.logger, request, error, warnings);
  }
}

/**
 * The answer to a path that nobody handles: a Status within the API that was there from the start, whose routes have a
 * router of their own, and a page elsewhere. Throws ApiError.
 */
function unanswered(catalogue: KindCatalogue, { method, info }: ApiRequest): DocumentResponse {
  const [prefix, ...segments] = info.path.slice(1).split('/');
  const group = prefix === 'apis' ? segments.shift() : '';
  if (!info.path.startsWith('/api') || (prefix !== 'api' && prefix !== 'apis') || segments.length === 0 || group === undefined || !catalogue.hasBuiltinGroup(group)) return pageNotFound();
  // OPTIONS, TRACE and others have no verb, so that nobody has looked yet whether the resource is there.
  const [version = '', first = '', , inner] = segments;
  const [resource = '', name = '', subresource = '', ...rest] = segments.slice(first === 'namespaces' && inner ? 3 : 1);
  const kind = WITH_VERB.has(method) ? undefined : catalogue.resource(group, version, resource);
  if (kind && hasPath(kind, { verb: 'update', name, subresource, rest: rest.join('/') })) throw methodNotAllowed();
  throw unknownPath();
}

const WITH_VERB = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

function statusResponse(logger: Logger, request: ApiRequest, error: unknown, warnings: readonly string[]): ApiResponse {
  if (!(error instanceof ApiError)) {
    // A bug of ours: the log has the details, the client a Status without them.
    logger.error({ err: error, method: request.method, path: request.info.path }, 'request failed');
    const failure = internalError('unexpected failure, see the server log');
    return { type: 'status', code: failure.code, status: failure.toStatus(), warnings };
  }
  if (error.code >= 500 && error.reason === 'InternalError') logger.error({ err: error, path: request.info.path }, 'request failed');
  return { type: 'status', code: error.code, status: error.toStatus(), warnings };
}

async function dispatch({ registry, authorize }: PipelineOptions, request: ApiRequest, info: ResourceRequestInfo, warnings: string[]): Promise<ApiResponse> {
  const kind = registry.catalogue.resource(info.group, info.version, info.resource);
  if (!kind) return { ...unanswered(registry.catalogue, request), warnings };
  // As a router does it: is there such a path, is it for this method, and can we send what is asked for?
  checkScope(kind, info);
  if (!hasPath(kind, info)) throw unknownPath();
  // HEAD is for other servers, behind a proxy.
  if (request.method === 'HEAD' && info.subresource !== 'proxy') throw methodNotAllowed();
  const scope: Scope = { registry, request, info, kind, warnings };
  if (info.subresource) return dispatchSubresource(scope, authorize);
  if (!allowsVerb(kind, info)) throw methodNotAllowed();
  // What a patch is written in is looked at first.
  if (info.verb === 'patch') patchKind(scope);
  negotiate(request, offerOf(kind, info.verb));
  if (kind.virtual) return dispatchVirtual(scope, kind);
  if (kind.deprecation) warnings.push(kind.deprecation);
  switch (info.verb) {
    case 'get':
      return { ...(await get(scope, undefined)), warnings };
    case 'list':
      return { ...(await list(scope)), warnings };
    case 'watch':
      return { ...(await watch(scope)), warnings };
    case 'create':
      return { ...(await create(scope)), warnings };
    case 'update':
      return { ...(await update(scope, undefined)), warnings };
    case 'patch':
      return { ...(await patch(scope, undefined)), warnings };
    case 'delete':
      return { ...(await deleteOne(scope)), warnings };
    case 'deletecollection':
      return { ...(await deleteMany(scope)), warnings };
  }
}

/** Whether a method is for a path that there is. */
function allowsVerb({ virtual, facts }: Kind, { verb, name }: ResourceRequestInfo): boolean {
  if (virtual) return verb === 'list' || verb === 'get' || verb === 'watch' ? virtual.list !== undefined : verb === 'create' && virtual.create !== undefined;
  // POST is for collections, PUT and PATCH are for objects.
  return facts.verbs.includes(verb) && (name ? verb !== 'create' : verb !== 'update' && verb !== 'patch');
}

async function dispatchVirtual(scope: Scope, kind: Kind): Promise<ApiResponse> {
  const { warnings, info } = scope;
  const virtual = kind.virtual ?? {};
  if (kind.deprecation) warnings.push(kind.deprecation);
  if (info.verb === 'create' && virtual.create) return { ...(await createVirtual(scope, { create: virtual.create })), warnings };
  if (info.verb === 'watch' || !virtual.list) throw methodNotSupported({ group: info.group, resource: info.resource }, info.verb);
  if (info.verb === 'list') return { ...(await listVirtual(scope, { list: virtual.list })), warnings };
  return { ...(await getVirtual(scope, { ...virtual, list: virtual.list })), warnings };
}

/** Whether a resource has such a path, for whatever method. Custom resources have all: their own handler says what is missing. */
function hasPath(kind: Kind, { verb, name, subresource, rest }: Pick<ResourceRequestInfo, 'verb' | 'name' | 'subresource' | 'rest'>): boolean {
  if (subresource === '') {
    // What can only be posted has no objects to name. (Lists may have a name from their field selector.)
    return rest === '' && (!kind.virtual || kind.virtual.list !== undefined || name === '' || verb === 'list' || verb === 'watch');
  }
  if (name === '') return false;
  if (kind.custom) return true;
  return kind.subresources.has(subresource) && kind.facts.subresources.some((s) => s.name === subresource) && (subresource === 'proxy' || rest === '' || rest === '/');
}

async function dispatchSubresource(scope: Scope, authorize: Authorize): Promise<ApiResponse> {
  const { kind, info, warnings } = scope;
  const subresource = kind.subresources.get(info.subresource);
  const facts = kind.facts.subresources.find((s) => s.name === info.subresource);
  if (!subresource || !facts) throw notFound({ group: info.group, resource: info.resource }, info.name);
  if (!facts.verbs.includes(info.verb)) throw methodNotAllowed();
  if (subresource.type === 'object' && info.verb === 'patch') patchKind(scope);
  if (subresource.type !== 'connect') negotiate(scope.request, offerOf(kind));
  switch (subresource.type) {
    case 'connect':
      await authorizeConnect(authorize, scope.request, info);
      return connect(scope, subresource);
    case 'action':
      return { ...(await act(scope, subresource)), warnings };
    case 'object':
      if (info.verb === 'get') return { ...(await get(scope, subresource.projection)), warnings };
      if (info.verb === 'update' || info.verb === 'create') return { ...(await update(scope, subresource)), warnings };
      return { ...(await patch(scope, subresource)), warnings };
  }
}

/**
 * Throws 404 for a path that its resource does not have. Namespaced resources are reached without a namespace only as
 * collections, for reading: other methods get 405 there.
 */
function checkScope(kind: Kind, info: ResourceRequestInfo): void {
  // /api/v1/namespaces/NAME names its object twice.
  if (!kind.facts.namespaced) {
    if (info.namespace !== '' && info.namespace !== info.name) throw unknownPath();
  } else if (info.namespace === '') {
    if (info.name !== '' || !kind.facts.verbs.includes('list')) throw unknownPath();
    if (info.verb !== 'list' && info.verb !== 'watch') throw methodNotAllowed();
  }
}
