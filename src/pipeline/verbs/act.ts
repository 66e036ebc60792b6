import { ApiError } from '../../api/errors.js';
import type { KubeObject } from '../../api/object.js';
import { parseApiVersion } from '../../api/gvk.js';
import { definitionOf } from '../../schema/catalogue.js';
import { canonical } from '../../schema/typed.js';
import { admissionAttributes, strategyContext } from '../../registry/context.js';
import { ensureNamespace, wipeSystemFields } from '../../registry/metadata.js';
import { track } from '../../registry/track.js';
import type { ActionSubresource, ConnectSubresource } from '../../registry/subresource.js';
import type { WriteRequest } from '../../registry/dependencies.js';
import type { Strategy, StrategyContext, VirtualResource } from '../../registry/kind.js';
import { Selection } from '../../registry/selection.js';
import { decodeObject } from '../decode-object.js';
import { listOptions, writeOptions } from '../options.js';
import { objectVerbs } from '../object-verbs.js';
import type { ApiResponse, ListResponse, ObjectResponse } from '../request.js';
import { writeRequest, type Scope } from '../scope.js';
import { unsavedEntry } from '../../registry/unsaved-entry.js';

/** POST on a subresource that does something: binding, eviction, token. */
export async function act(scope: Scope, subresource: ActionSubresource): Promise<ObjectResponse> {
  const { info, registry, request } = scope;
  const options = writeOptions('CreateOptions', request.query);
  const definition = definitionOf(subresource.gvk);
  const body = await decodeObject(scope, subresource.gvk, definition, options.fieldValidation);
  const write = writeRequest(scope, options);
  ensureNamespace(body, scope.kind.facts.namespaced, info.namespace);
  subresource.defaults?.(body);
  if (subresource.echoesBody) trackBody(scope, write, definition, body);
  const result = await subresource.run({
    ...strategyContext(registry, write),
    name: info.name,
    body,
    query: request.query,
    verbs: objectVerbs(scope, write),
  });
  return { type: 'object', code: result.code ?? 201, object: inOrder(result.object), kind: undefined };
}

/** Names the sender as the manager of what the body says; nothing and empty lists say nothing, and a status is not the sender's. */
function trackBody(scope: Scope, write: WriteRequest, definition: string | undefined, body: KubeObject): void {
  const said = JSON.parse(JSON.stringify(body), (_key, value: unknown) => (value === null || (Array.isArray(value) && value.length === 0) ? undefined : value)) as KubeObject;
  track(scope.registry, { ...write, kind: { ...scope.kind, definition } }, ECHOED, undefined, said);
  if (said.metadata.managedFields) body.metadata.managedFields = said.metadata.managedFields;
}

const ECHOED: Strategy = { resetFields: [['status']] };

/**
 * POST on a resource that is not stored: a review, a Binding. The body goes the way of all bodies: the server's own
 * fields are taken away, the namespace is the request's, managed fields name the sender, admission has its say.
 */
export async function createVirtual(scope: Scope, virtual: Required<Pick<VirtualResource, 'create'>>): Promise<ObjectResponse> {
  const { kind, registry, request } = scope;
  const options = writeOptions('CreateOptions', request.query);
  const sent = await decodeObject(scope, kind.gvk, kind.definition, options.fieldValidation);
  const write = writeRequest(scope, options);
  wipeSystemFields(sent.metadata);
  ensureNamespace(sent, kind.facts.namespaced, write.namespace);
  track(registry, write, kind.strategy, undefined, sent);
  const attributes = admissionAttributes(registry, write, 'CREATE', sent.metadata.name ?? '', sent, undefined);
  await registry.admission.mutate(attributes);
  await registry.admission.validate(attributes);
  const body = inOrder(sent);
  const result = await virtual.create({ ...strategyContext(registry, write), body, query: request.query, verbs: objectVerbs(scope, write) });
  return { type: 'object', code: result.code ?? 201, object: inOrder(result.object), kind: undefined };
}

/** With fields in Kubernetes' order, as stored objects are. */
function inOrder(object: KubeObject): KubeObject {
  const definition = definitionOf({ ...parseApiVersion(object.apiVersion), kind: object.kind });
  return definition ? (canonical(definition, object as unknown as Record<string, unknown>) as unknown as KubeObject) : object;
}

/** A list that is computed at the time of asking. */
export async function listVirtual(scope: Scope, virtual: Required<Pick<VirtualResource, 'list'>>): Promise<ListResponse> {
  const { labels, fields } = listOptions(scope.request.query);
  const selection = Selection.of(scope.kind, labels, fields);
  const objects = await virtual.list(readingContext(scope));
  return { type: 'list', kind: scope.kind, entries: objects.filter((object) => selection.matches(object)).map((object) => unsavedEntry(object.metadata.name, object)), resourceVersion: '' };
}

/** An object that is computed at the time of asking. Throws 404 for one that there is not. */
export async function getVirtual(scope: Scope, virtual: Required<Pick<VirtualResource, 'list'>> & Pick<VirtualResource, 'get'>): Promise<ObjectResponse> {
  const { info, kind } = scope;
  const context = readingContext(scope);
  const object = virtual.get ? await virtual.get(info.name, context) : (await virtual.list(context)).find(({ metadata }) => metadata.name === info.name);
  if (!object) throw new ApiError(404, 'NotFound', `${info.resource} ${JSON.stringify(info.name)} not found`, { name: info.name, kind: info.resource });
  return { type: 'object', code: 200, object, entry: unsavedEntry(info.name, object), kind };
}

function readingContext(scope: Scope): StrategyContext {
  return strategyContext(scope.registry, writeRequest(scope, { dryRun: true, fieldManager: '' }));
}

/** A stream to the node or the pod: http/ frames what comes back. */
export async function connect(scope: Scope, subresource: ConnectSubresource): Promise<ApiResponse> {
  const { info, request } = scope;
  const connection = await subresource.connect({
    namespace: info.namespace,
    name: info.name,
    rest: info.rest,
    query: request.query,
    method: request.method,
    signal: request.signal,
    verbs: objectVerbs(scope, writeRequest(scope, { dryRun: false, fieldManager: '' })),
  });
  return { type: 'connect', connection, warnings: scope.warnings };
}
