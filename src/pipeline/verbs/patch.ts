import { badRequest, notFound, unsupportedMediaType, ApiError } from '../../api/errors.js';
import { apiVersionOf, type GroupVersionKind } from '../../api/gvk.js';
import type { KubeObject } from '../../api/object.js';
import { formatTime } from '../../api/time.js';
import { apply, faultyConfiguration, gvkText } from '../../apply/index.js';
import { deepClone } from '../../base/freeze.js';
import { encodeJson } from '../../base/json.js';
import {
  applyJsonPatch,
  checkConversion,
  decodeJsonPatch,
  decodeMergePatch,
  decodeStrategicPatch,
  goJson,
  invalidPatch,
  mergePatch,
  patchedKind,
  strategicMerge,
  strictErrorText,
} from '../../patch/index.js';
import { update as updateObject } from '../../registry/update.js';
import { otherVersions } from '../../registry/other-versions.js';
import { schemaOf } from '../../registry/schema-of.js';
import { fieldFilterOf, track } from '../../registry/track.js';
import type { Strategy } from '../../registry/kind.js';
import type { ObjectSubresource } from '../../registry/subresource.js';
import { definitionOf, schemaFor } from '../../schema/catalogue.js';
import { toTyped } from '../../schema/typed.js';
import type { SchemaNode } from '../../schema/node.js';
import { decodeYamlStrictly, strictWarnings } from '../../schema/yaml.js';
import { kindMismatch } from '../decode-object.js';
import { patchOptions, type PatchOptions } from '../options.js';
import type { ObjectResponse, RequestBody } from '../request.js';
import { writeRequest, type Scope } from '../scope.js';
import { checkName } from './update.js';
import { readView, trackView, writeView } from './view.js';

export type PatchKind = 'json' | 'merge' | 'strategic' | 'apply';

const CONTENT_TYPES: Readonly<Record<string, PatchKind>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

/** PATCH of an object or of a view of it, inside the registry's read-modify-write loop. */
export async function patch(scope: Scope, subresource: ObjectSubresource | undefined): Promise<ObjectResponse> {
  const { kind, info, registry, request } = scope;
  const type = patchKind(scope);
  const body = await request.body();
  const options = patchOptions(request.query, type === 'apply');
  const projection = subresource?.projection;
  const gvk = projection?.gvk ?? kind.gvk;
  const definition = projection ? definitionOf(gvk) : kind.definition;
  const target: PatchTarget = {
    gvk,
    definition,
    schema: projection ? schemaFor(gvk) : schemaOf(kind),
    prune: projection ? undefined : kind.custom?.prune,
    warn: (text) => write.warn(text),
    mismatch: (found) => kindMismatch(scope, found, gvk),
  };
  const write = writeRequest(scope, options);
  const strategy = subresource?.strategy ?? kind.strategy;
  // Read once for all attempts, and only when there is something to patch: 404 comes before what is wrong with the patch.
  let change: Change | undefined;
  const applied = type === 'apply' ? decodeApplied(body, options, target) : undefined;
  const result = await updateObject(
    registry,
    write,
    info.name,
    (live) => {
      const shown = projection && live ? readView(scope, projection, live) : live;
      if (applied) {
        const object = applyConfiguration(scope, target, applied, shown, options, projection ? undefined : strategy);
        if (!projection || !live) return object;
        projection.validate?.(object);
        return writeView(scope, projection, live, object, object.metadata.managedFields ?? []);
      }
      if (!live || !shown || type === 'apply') throw notFound({ group: info.group, resource: info.resource }, info.name);
      change ??= patchFunction(type, body, options, target);
      const patched = change(shown);
      checkName(patched, info.name);
      if (projection) {
        projection.validate?.(patched);
        return writeView(scope, projection, live, patched, trackView(scope, write, projection, live, patched));
      }
      kind.strategy.defaults?.(patched);
      track(registry, write, strategy, live, patched);
      return patched;
    },
    { strategy, forceAllowCreate: type === 'apply' && !info.subresource },
  );
  const code = result.created ? 201 : 200;
  if (projection) return { type: 'object', code, object: projection.read(result.entry.object), kind: undefined };
  return { type: 'object', code, object: result.entry.object, entry: result.entry, kind };
}

/** How a body is to be understood. Throws 415: of custom resources with the types that there are. */
export function patchKind(scope: Pick<Scope, 'kind' | 'request'>): PatchKind {
  const contentType = scope.request.headers['content-type']?.split(';')[0]?.trim() ?? '';
  const type = Object.hasOwn(CONTENT_TYPES, contentType) ? CONTENT_TYPES[contentType] : undefined;
  if (scope.kind.custom && (!type || type === 'strategic')) {
    throw unsupportedMediaType('the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml');
  }
  if (!type) throw new ApiError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  return type;
}

interface PatchTarget {
  readonly definition: string | undefined;
  readonly schema: SchemaNode | undefined;
  /** See CustomForm. */
  readonly prune: ((object: KubeObject) => string[]) | undefined;
  readonly warn: (text: string) => void;
  readonly gvk: GroupVersionKind;
  /** Why an object of this kind will not do; undefined when it will. */
  readonly mismatch: (found: GroupVersionKind) => string | undefined;
}

type Change = (live: KubeObject) => KubeObject;

function bytesOf(body: RequestBody): Buffer {
  return 'bytes' in body ? body.bytes : Buffer.from(encodeJson(body.object));
}

/** The patch as a function of the live object. Throws ApiError for what is no patch. */
function patchFunction(type: 'json' | 'merge' | 'strategic', body: RequestBody, options: PatchOptions, target: PatchTarget): Change {
  const bytes = bytesOf(body);
  const validation = options.fieldValidation;
  switch (type) {
    case 'json': {
      const { patch: operations, strictErrors } = decodeJsonPatch(bytes, validation);
      return (live) => typedResult(applyJsonPatch(live, operations), strictErrors, options, target);
    }
    case 'merge': {
      const { patch: document, strictErrors } = decodeMergePatch(bytes, validation);
      return (live) => typedResult(mergePatch(live, document), strictErrors, options, target);
    }
    case 'strategic': {
      const { patch: document, strictErrors } = decodeStrategicPatch(bytes, validation);
      return (live) => strategicResult(live, document, strictErrors, options, target);
    }
  }
}

const NOTHING_KNOWN = { object: {}, unknownFields: [] };

/** Gives the patched JSON its type again; what does not fit is 422 with the patched text in it. */
function typedResult(patched: object, strictErrors: readonly string[], options: PatchOptions, target: PatchTarget): KubeObject {
  const found = patchedKind(patched, target.gvk);
  const mismatch = found && target.mismatch(found);
  if (mismatch) throw invalidPatch(goJson(patched), mismatch);
  let typed: ReturnType<typeof toTyped>;
  try {
    // The patched text is shown as it was before anything was taken away.
    typed = found ? toTyped(target.definition, target.prune ? deepClone(patched) : patched) : NOTHING_KNOWN;
  } catch (error) {
    throw invalidPatch(goJson(patched), (error as Error).message);
  }
  // The unversioned form has no JSON names: nothing in it is known, not even its name.
  const pruned = found ? (target.prune?.(typed.object as unknown as KubeObject) ?? []) : [];
  const unknown = found ? [...typed.unknownFields, ...pruned] : Object.keys(patched).filter((name) => name !== 'kind' && name !== 'apiVersion');
  const strict = [...strictErrors, ...unknown.map((field) => `unknown field ${JSON.stringify(field)}`)];
  if (strict.length > 0 && options.fieldValidation === 'Strict') throw invalidPatch(goJson(patched), strictErrorText(strict));
  if (options.fieldValidation === 'Warn') strict.forEach((text) => target.warn(text));
  if (!found) return { metadata: {} } as KubeObject;
  return Object.assign(typed.object, { kind: found.kind, apiVersion: apiVersionOf(found) }) as unknown as KubeObject;
}

function strategicResult(live: KubeObject, document: object, strictErrors: readonly string[], options: PatchOptions, target: PatchTarget): KubeObject {
  const schema = target.schema as SchemaNode;
  const merged = strategicMerge(live, document, schema);
  const findings = checkConversion(merged.object, schema);
  if (findings.error) throw invalidPatch(merged.patchText(), findings.error);
  const strict = [...strictErrors, ...findings.unknownFields];
  if (strict.length > 0 && options.fieldValidation === 'Strict') throw invalidPatch(merged.patchText(), strictErrorText(strict));
  if (options.fieldValidation === 'Warn') strict.forEach((text) => target.warn(text));
  try {
    const typed = toTyped(target.definition, merged.object).object;
    // Kind and version of a strategic merge patch are not looked at.
    return Object.assign(typed, { kind: target.gvk.kind, apiVersion: apiVersionOf(target.gvk) }) as unknown as KubeObject;
  } catch (error) {
    throw invalidPatch(merged.patchText(), (error as Error).message);
  }
}

/** The applied configuration: YAML or JSON, of the kind and name of the URL. */
function decodeApplied(body: RequestBody, { fieldValidation }: PatchOptions, target: PatchTarget): KubeObject {
  const { value, strictErrors } = 'bytes' in body ? decodeYamlStrictly(body.bytes) : { value: deepClone(body.object) as unknown, strictErrors: [] };
  const [problem] = strictErrors;
  if (problem !== undefined && fieldValidation === 'Strict') throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${problem}`);
  if (problem !== undefined && fieldValidation === 'Warn') strictWarnings(problem).forEach((text) => target.warn(text));
  const applied = value as KubeObject;
  if (typeof applied.metadata !== 'object' || applied.metadata === null) applied.metadata = {} as KubeObject['metadata'];
  return applied;
}

function applyConfiguration(scope: Scope, target: PatchTarget, applied: KubeObject, live: KubeObject | undefined, options: PatchOptions, strategy: Strategy | undefined): KubeObject {
  const { object } = apply({
    live,
    applied,
    kind: target.gvk.kind,
    schema: target.schema,
    manager: options.fieldManager,
    force: options.force,
    apiVersion: apiVersionOf(target.gvk),
    subresource: scope.info.subresource,
    now: formatTime(scope.registry.clock.now()),
    resetFields: strategy && fieldFilterOf(strategy),
    otherVersion: strategy && otherVersions(scope.registry.catalogue, scope.kind),
  });
  // An object that is not there can have no uid: the registry says so before anybody minds the name.
  if (live || !object.metadata.uid) checkName(object, scope.info.name);
  const typed = target.definition ? appliedType(target, applied, object) : deepClone(object);
  target.prune?.(typed);
  if (strategy) scope.kind.strategy.defaults?.(typed);
  return typed;
}

/** What applying has made, with its type. What only a conversion finds out (quantities that are none) is the configuration's fault. */
function appliedType({ definition, gvk }: PatchTarget, applied: KubeObject, merged: KubeObject): KubeObject {
  try {
    return toTyped(definition, merged).object as unknown as KubeObject;
  } catch (error) {
    const { message } = error as Error;
    const why = message.startsWith('illegal base64') ? `error decoding from json: ${message}` : message;
    throw faultyConfiguration('failed to convert new object', applied, ` to proper version: unable to convert unstructured object to ${gvkText(apiVersionOf(gvk), gvk.kind)}: ${why}`);
  }
}
