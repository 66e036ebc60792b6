import type { KubeObject } from '../../api/object.js';
import type { Status } from '../../api/types/meta-v1.js';
import type { AdmissionAttributes } from '../types.js';
import type { EquivalentResource } from './environment.js';

/** What a webhook is asked and answers: AdmissionReview of admission.k8s.io. */

export type ReviewVersion = 'v1' | 'v1beta1';

/** Objects in the version that the webhook wants. */
export interface Shown {
  readonly as: EquivalentResource;
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
}

/** The first version of reviews that both sides know. */
export function reviewVersion(versions: readonly string[]): ReviewVersion | undefined {
  return versions.find((version): version is ReviewVersion => version === 'v1' || version === 'v1beta1');
}

/** A write as webhooks and expressions see it, but for its objects. */
export function admissionRequest(attributes: AdmissionAttributes, as: EquivalentResource): object {
  const { kind, resource, subresource, name, namespace, operation, user, dryRun, options } = attributes;
  return {
    kind: gvk(as.kind),
    resource: gvr(as.resource),
    ...(subresource === '' ? {} : { subResource: subresource }),
    requestKind: gvk(kind),
    requestResource: gvr(resource),
    ...(subresource === '' ? {} : { requestSubResource: subresource }),
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: {
      username: user.name,
      ...(user.uid ? { uid: user.uid } : {}),
      ...(user.groups.length > 0 ? { groups: user.groups } : {}),
      ...(user.extra && Object.keys(user.extra).length > 0 ? { extra: user.extra } : {}),
    },
    dryRun,
    options: options ?? null,
  };
}

export function admissionReview(version: ReviewVersion, uid: string, attributes: AdmissionAttributes, shown: Shown): object {
  const { dryRun, options, ...request } = admissionRequest(attributes, shown.as) as Record<string, unknown>;
  return {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${version}`,
    request: { uid, ...request, object: shown.object ?? null, oldObject: shown.oldObject ?? null, dryRun, options },
  };
}

const gvk = ({ group, version, kind }: { group: string; version: string; kind: string }): object => ({ group, version, kind });
const gvr = ({ group, version, resource }: { group: string; version: string; resource: string }): object => ({ group, version, resource });

export interface ReviewResponse {
  readonly uid?: string;
  readonly allowed?: boolean;
  readonly status?: Partial<Status>;
  /** Base64. */
  readonly patch?: string;
  readonly patchType?: string;
  readonly warnings?: readonly string[];
}

const TYPES: Readonly<Record<string, readonly [of: string, go: string]>> = {
  uid: ['string', 'types.UID'],
  allowed: ['boolean', 'bool'],
  status: ['object', 'v1.Status'],
  patch: ['string', '[]uint8'],
  patchType: ['string', 'PatchType'],
  auditAnnotations: ['object', 'map[string]string'],
  warnings: ['array', '[]string'],
};

const typeOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value);
const goTypeOf = (value: unknown): string => (typeof value === 'boolean' ? 'bool' : typeOf(value));

/** Reads an answer. Throws an Error with Go's text for what is no review of this version. */
export function decodeReview(version: ReviewVersion, answer: unknown): ReviewResponse | undefined {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    throw new Error(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${goTypeOf(answer)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  }
  const { apiVersion = '', kind = '', response } = answer as { apiVersion?: string; kind?: string; response?: unknown };
  const wanted = `admission.k8s.io/${version}`;
  if ((apiVersion || wanted) !== wanted || (kind || 'AdmissionReview') !== 'AdmissionReview') {
    if (kind === 'AdmissionReview' && /^admission\.k8s\.io\/v1(beta1)?$/.test(apiVersion)) {
      throw new Error(`converting (${apiVersion.slice('admission.k8s.io/'.length)}.AdmissionReview) to (${version}.AdmissionReview): unknown conversion`);
    }
    throw new Error(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:110"`);
  }
  if (response === undefined || response === null) return undefined;
  if (typeOf(response) !== 'object') throw new Error(`json: cannot unmarshal ${goTypeOf(response)} into Go struct field AdmissionReview.response of type ${version}.AdmissionResponse`);
  const fields: Record<string, unknown> = {};
  for (const [field, [of, go]] of Object.entries(TYPES)) {
    const value = (response as Record<string, unknown>)[field];
    if (value === undefined || value === null) continue;
    if (typeOf(value) !== of) throw new Error(`json: cannot unmarshal ${goTypeOf(value)} into Go struct field AdmissionResponse.response.${field} of type ${go === 'PatchType' ? `${version}.PatchType` : go}`);
    fields[field] = value;
  }
  return fields;
}

/** What an answer must keep to. Throws an Error with Go's text. */
export function verifyResponse(version: ReviewVersion, uid: string, mutating: boolean, response: ReviewResponse | undefined): ReviewResponse {
  if (!response) throw new Error('webhook response was absent');
  if (version === 'v1beta1') return { ...response, ...(response.patch ? { patchType: 'JSONPatch' } : {}) };
  if (response.uid !== uid) throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`);
  const { patch, patchType } = response;
  if (!mutating) {
    if (patch) throw new Error('validating webhook may not return response.patch');
    if (patchType !== undefined) throw new Error('validating webhook may not return response.patchType');
    return response;
  }
  if (patch && patchType === undefined) throw new Error('webhook returned response.patch but not response.patchType');
  if (!patch && patchType !== undefined) throw new Error('webhook returned response.patchType but not response.patch');
  if (patchType === '') throw new Error('webhook returned invalid response.patchType of ""');
  return response;
}
