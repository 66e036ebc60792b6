import type { KubeObject } from '../../api/object.js';
import { parseApiVersion } from '../../api/gvk.js';
import { definitionOf } from '../../schema/catalogue.js';
import { canonical } from '../../schema/typed.js';
import { admissionAttributes, strategyContext } from '../../registry/context.js';
import { ensureNamespace } from '../../registry/metadata.js';
import { track } from '../../registry/track.js';
import type { ActionSubresource, ConnectSubresource } from '../../registry/subresource.js';
import type { WriteRequest } from '../../registry/dependencies.js';
import type { Strategy } from '../../registry/kind.js';
import { connectOptions } from '../connect-options.js';
import { decodeObject } from '../decode-object.js';
import { writeOptions } from '../options.js';
import { objectVerbs } from '../object-verbs.js';
import type { ApiResponse, ObjectResponse } from '../request.js';
import { writeRequest, type Scope } from '../scope.js';

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
  const attributes = admissionAttributes(registry, write, 'CREATE', info.name, body, undefined, { kind: subresource.gvk });
  await registry.admission.mutate(attributes);
  await registry.admission.validate(attributes);
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

/** With fields in Kubernetes' order, as stored objects are. */
export function inOrder(object: KubeObject): KubeObject {
  const definition = definitionOf({ ...parseApiVersion(object.apiVersion), kind: object.kind });
  return definition ? (canonical(definition, object as unknown as Record<string, unknown>) as unknown as KubeObject) : object;
}

/** A stream to the node or the pod: http/ frames what comes back. */
export async function connect(scope: Scope, subresource: ConnectSubresource): Promise<ApiResponse> {
  const { info, registry, request } = scope;
  const write = writeRequest(scope, { dryRun: false, fieldManager: '' });
  const asked = connectOptions(scope.kind.gvk.kind, info.subresource, info.rest, request.query);
  if (asked) {
    const attributes = admissionAttributes(registry, write, 'CONNECT', info.name, asked, undefined, { kind: { group: '', version: 'v1', kind: asked.kind }, options: null });
    await registry.admission.mutate(attributes);
    await registry.admission.validate(attributes);
  }
  const connection = await subresource.connect({
    namespace: info.namespace,
    name: info.name,
    rest: info.rest,
    query: request.query,
    method: request.method,
    signal: request.signal,
    verbs: objectVerbs(scope, write),
  });
  return { type: 'connect', connection, warnings: scope.warnings };
}
