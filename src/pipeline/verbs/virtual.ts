import { notFound } from '../../api/errors.js';
import { admissionAttributes, strategyContext } from '../../registry/context.js';
import type { StrategyContext, VirtualResource } from '../../registry/kind.js';
import { ensureNamespace, wipeSystemFields } from '../../registry/metadata.js';
import { Selection } from '../../registry/selection.js';
import { track } from '../../registry/track.js';
import { unsavedEntry } from '../../registry/unsaved-entry.js';
import { decodeObject } from '../decode-object.js';
import { objectVerbs } from '../object-verbs.js';
import { listOptions, writeOptions } from '../options.js';
import type { ListResponse, ObjectResponse } from '../request.js';
import { writeRequest, type Scope } from '../scope.js';
import { inOrder } from './act.js';

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

/** A list that is computed at the time of asking. */
export async function listVirtual(scope: Scope, virtual: Required<Pick<VirtualResource, 'list'>>): Promise<ListResponse> {
  const { kind, request } = scope;
  const { labels, fields } = listOptions(request.query);
  const selection = Selection.of(kind, labels, fields);
  const objects = await virtual.list(readingContext(scope));
  const entries = objects.filter((object) => selection.matches(object)).map((object) => unsavedEntry(object.metadata.name, object));
  return { type: 'list', kind, entries, resourceVersion: '' };
}

/** An object that is computed at the time of asking. Throws 404 for one that there is not, by the name of its kind in the singular. */
export async function getVirtual(scope: Scope, virtual: Required<Pick<VirtualResource, 'list'>> & Pick<VirtualResource, 'get'>): Promise<ObjectResponse> {
  const { kind, info } = scope;
  const context = readingContext(scope);
  const object = virtual.get ? await virtual.get(info.name, context) : (await virtual.list(context)).find(({ metadata }) => metadata.name === info.name);
  if (!object) throw notFound({ group: info.group, resource: kind.facts.singular }, info.name);
  return { type: 'object', code: 200, object, entry: unsavedEntry(info.name, object), kind };
}

function readingContext(scope: Scope): StrategyContext {
  return strategyContext(scope.registry, writeRequest(scope, { dryRun: true, fieldManager: '' }));
}
