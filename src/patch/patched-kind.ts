import type { ApiError } from '../api/errors.js';
import { type GroupVersionKind, parseApiVersion } from '../api/gvk.js';
import { encodeJson as goJson } from '../schema/json.js';
import { invalidPatch } from './errors.js';

/**
 * The kind and version that a patched object says it has, as Go's decoder finds them: what it leaves out is what the
 * object is. Undefined where it leaves out its version: Kubernetes then takes it for its own, unversioned form.
 * Throws 422 for what cannot be read.
 */
export function patchedKind(patched: object, wanted: GroupVersionKind): GroupVersionKind | undefined {
  const apiVersion = textOf(patched, 'apiVersion');
  const kind = textOf(patched, 'kind') || wanted.kind;
  const refuse = (why: string): ApiError => invalidPatch(goJson(patched), why);
  if (apiVersion.split('/').length > 2) throw refuse(`unexpected GroupVersion string: ${apiVersion}`);
  const { group, version } = apiVersion === '' || apiVersion === '/' ? { group: wanted.group, version: '' } : parseApiVersion(apiVersion);
  if (version !== '__internal' && (version !== '' || group !== wanted.group)) {
    if (version === '') throw refuse(`Object 'apiVersion' is missing in '${goJson(patched)}'`);
    return { group, version, kind };
  }
  if (kind === wanted.kind && group === wanted.group) return undefined;
  throw refuse(`no kind ${JSON.stringify(kind)} is registered for the internal version of group ${JSON.stringify(group)} in scheme "pkg/runtime/scheme.go:111"`);
}

function textOf(patched: object, field: 'apiVersion' | 'kind'): string {
  const value = (patched as Record<string, unknown>)[field] ?? '';
  if (typeof value === 'string') return value;
  const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  throw invalidPatch(goJson(patched), `couldn't get version/kind; json parse error: json: cannot unmarshal ${type} into Go struct field .${field} of type string`);
}
