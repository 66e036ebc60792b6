import { ApiError } from '../../api/errors.js';
import type { GroupVersionKind } from '../../api/gvk.js';
import type { KubeObject } from '../../api/object.js';
import { LiteralStruct, MapValue, plainJson, StructValue, type Value } from '../../cel/index.js';
import { applyJsonPatch, decodeJsonPatch, PatchMismatch } from '../../patch/index.js';
import type { WebhookEnvironment } from '../webhooks/environment.js';
import { internalFailure } from '../webhooks/invoke.js';

/** A mutation that cannot be made; what that means is said by the policy's failurePolicy. */
export class MutationProblem extends Error {}

/** An object changed by a list of JSONPatch values; undefined where a test among them fails. Throws MutationProblem. */
export function patched(object: KubeObject, value: Value): KubeObject | undefined {
  const operations = (value as readonly LiteralStruct[]).map((operation) => {
    const given = operation.get('value');
    const { op = '', path = '', from } = operation.raw as { op?: string; path?: string; from?: string };
    if (given instanceof LiteralStruct) checkNames(given);
    return { op, path, ...(from ? { from } : {}), ...(given === undefined ? {} : { value: plainJson(given) }) };
  });
  try {
    return applyJsonPatch(object, decodeJsonPatch(Buffer.from(JSON.stringify(operations)), 'Ignore').patch);
  } catch (error) {
    if (!(error instanceof PatchMismatch)) throw new MutationProblem(`JSON Patch: ${(error as Error).message}`);
    if (error.why.includes('testing value')) return undefined;
    throw new MutationProblem(`JSON Patch: ${error.why}`);
  }
}

/** An object with an apply configuration merged into it. Throws MutationProblem. */
export function configured(object: KubeObject, value: Value, kind: GroupVersionKind, environment: WebhookEnvironment): KubeObject {
  if (!(value instanceof LiteralStruct)) throw new MutationProblem('unsupported return type from ApplyConfiguration expression');
  checkNames(value);
  try {
    return environment.merge(kind, object, { ...value.raw, apiVersion: object.apiVersion, kind: object.kind });
  } catch (error) {
    throw new MutationProblem(`error applying patch: ${(error as Error).message}`);
  }
}

/** What came of a mutation as an object of its kind. Throws ApiError 500 for what is none; of a JSON patch also unknown fields are refused. */
export function decodePatched(object: KubeObject, kind: GroupVersionKind, strict: boolean, environment: WebhookEnvironment): KubeObject {
  try {
    return environment.decode(kind, object, strict);
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw internalFailure((error as Error).message);
  }
}

/** Parts of a configuration are named by their place: `Object.spec` stands in the field spec of an `Object`. */
function checkNames(value: LiteralStruct): void {
  const wrong = misnamed(value, value.type.name);
  if (wrong.length > 0) throw new MutationProblem(`type mismatch: ${wrong.join('\n')}`);
}

function misnamed(value: Value, path: string): string[] {
  if (value instanceof LiteralStruct) {
    const { name } = value.type;
    const own = name === path ? [] : [`unexpected type name ${JSON.stringify(name)}, expected ${JSON.stringify(path)}, which matches field name path from root Object type`];
    return [...own, ...[...value.fields].flatMap(([field, item]) => misnamed(item, `${path}.${field}`))];
  }
  if (Array.isArray(value)) return value.flatMap((item: Value) => misnamed(item, path));
  if (value instanceof MapValue && !(value instanceof StructValue)) return value.keys().flatMap((key) => misnamed(value.get(key) ?? null, path));
  return [];
}
