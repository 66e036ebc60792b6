import { badRequest, invalid as invalidObject } from '../api/errors.js';
import { invalid, Path } from '../api/field.js';
import { apiVersionOf, type GroupVersionKind } from '../api/gvk.js';
import type { KubeObject } from '../api/object.js';
import { decodeBody, notRegistered } from '../schema/body.js';
import { definitionOf } from '../schema/catalogue.js';
import { typedCopy } from '../schema/typed.js';
import { strictWarnings } from '../schema/yaml.js';
import { bodyEncoding } from './negotiate.js';
import type { FieldValidation } from './options.js';
import type { Scope } from './scope.js';

/**
 * The request's body as an object of a kind: typed, without unknown fields, with kind and apiVersion. Mutable.
 * Throws 400 for what cannot be decoded and 415 for a media type that is not ours; unknown and duplicate fields are
 * errors, warnings or nothing, as fieldValidation says.
 */
export async function decodeObject(scope: Scope, gvk: GroupVersionKind, definition: string | undefined, validation: FieldValidation, prune?: (object: KubeObject) => string[]): Promise<KubeObject> {
  const encoding = bodyEncoding(scope.request.headers['content-type']);
  const body = await scope.request.body();
  if ('object' in body) return pruned(ofResident(body.object, gvk, definition), prune);
  const decoded = decodeBody(body.bytes, encoding, gvk, validation !== 'Ignore');
  checkKind(scope, decoded, gvk);
  const { object, strictErrors: found } = decoded.typed(definition);
  const unknown = prune?.(object as unknown as KubeObject).map((path) => `unknown field ${JSON.stringify(path)}`) ?? [];
  const strictErrors = unknown.length > 0 ? [...found, ...unknown] : found;
  if (strictErrors.length > 0 && validation === 'Strict') throw decoded.strictRefusal(strictErrors);
  if (validation === 'Warn') for (const text of strictErrors.flatMap(strictWarnings)) if (!scope.warnings.includes(text)) scope.warnings.push(text);
  return withMetadata(object);
}

function pruned(object: KubeObject, prune: ((object: KubeObject) => string[]) | undefined): KubeObject {
  prune?.(object);
  return object;
}

function ofResident(given: object, gvk: GroupVersionKind, definition: string | undefined): KubeObject {
  return withMetadata(Object.assign({ kind: gvk.kind, apiVersion: apiVersionOf(gvk) }, typedCopy(definition, given)));
}

function withMetadata(object: Record<string, unknown>): KubeObject {
  if (typeof object['metadata'] !== 'object' || object['metadata'] === null) object['metadata'] = {};
  return object as unknown as KubeObject;
}

/** Throws 400 for a body of another kind or version than the path's. */
function checkKind(scope: Scope, decoded: ReturnType<typeof decodeBody>, gvk: GroupVersionKind): void {
  const { gvk: found } = decoded;
  if (scope.kind.custom && gvk === scope.kind.gvk) return checkCustomKind(scope, decoded, found);
  const why = kindMismatch(scope, found, gvk);
  if (why === undefined) return;
  if (found.kind === gvk.kind && found.group === gvk.group && scope.registry.catalogue.kind(found)) {
    throw badRequest(`the API version in the data (${apiVersionOf(found)}) does not match the expected API version (${apiVersionOf(gvk)})`);
  }
  throw decoded.refusal(why);
}

/** Custom resources are read whatever they are, and then not taken. */
function checkCustomKind({ kind }: Scope, decoded: ReturnType<typeof decodeBody>, found: GroupVersionKind): void {
  const { gvk } = kind;
  if (found.group !== gvk.group || found.version !== gvk.version) {
    throw badRequest(`the API version in the data (${apiVersionOf(found)}) does not match the expected API version (${apiVersionOf(gvk)})`);
  }
  if (found.kind === gvk.kind) return;
  const name = (decoded.raw as { metadata?: { name?: unknown } } | null)?.metadata?.name;
  throw invalidObject(found, typeof name === 'string' ? name : '', [invalid(Path.of('kind'), found.kind, `must be ${gvk.kind}`)]);
}

/** Why data of one kind cannot stand for another, in Go's words; undefined when they are the same. */
export function kindMismatch(scope: Scope, found: GroupVersionKind, wanted: GroupVersionKind): string | undefined {
  if (found.kind === wanted.kind && found.group === wanted.group && found.version === wanted.version) return undefined;
  if (found.kind === '') return "Object 'Kind' is missing";
  // v1 List is a kind of Go's scheme that no resource has.
  const isList = found.group === '' && found.version === 'v1' && found.kind === 'List';
  const known = isList || definitionOf(found) !== undefined || scope.registry.catalogue.kind(found) !== undefined;
  if (!known || found.version === '') return notRegistered(found);
  const internal = wanted.group === '' ? 'core' : (wanted.group.split('.')[0] ?? '');
  return `converting (${found.version}.${found.kind}) to (${internal}.${wanted.kind}): unknown conversion`;
}

const DELETE_OPTIONS: GroupVersionKind = { group: 'meta.k8s.io', version: 'v1', kind: 'DeleteOptions' };

interface DeleteBody {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: string;
  readonly orphanDependents?: boolean;
  readonly dryRun?: readonly string[];
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/** DeleteOptions in the body of a DELETE; undefined when there is no body. Any group's apiVersion will do. */
export async function decodeDeleteOptions(scope: Scope): Promise<DeleteBody | undefined> {
  const body = await scope.request.body();
  if ('object' in body) return body.object as DeleteBody;
  if (body.bytes.length === 0) return undefined;
  const encoding = bodyEncoding(scope.request.headers['content-type']);
  const decoded = decodeBody(body.bytes, encoding, undefined, false);
  const { kind } = decoded.gvk;
  if (kind !== '' && kind !== 'DeleteOptions') throw badRequest(notRegistered(decoded.gvk));
  return decoded.typed(definitionOf(DELETE_OPTIONS)).object as DeleteBody;
}
