import { badRequest, conflict, invalid as invalidObject, notFound } from '../../api/errors.js';
import { invalid, Path, type FieldError } from '../../api/field.js';
import { parseApiVersion } from '../../api/gvk.js';
import type { KubeObject } from '../../api/object.js';
import { formatTime } from '../../api/time.js';
import type { TokenRequest } from '../../api/types/authentication-v1.js';
import type { Node, Pod, Secret, ServiceAccount } from '../../api/types/core-v1.js';
import type { Action, ActionSubresource } from '../../registry/subresource.js';
import type { KindEnvironment, TokenIssuer } from '../environment.js';

const GROUP = 'authentication.k8s.io';
const KIND = { group: GROUP, kind: 'TokenRequest' };
const RESOURCE = { group: GROUP, resource: 'TokenRequest' };
const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;
/** What kubelets ask for a pod's projected token; such tokens go on working for a year, so that old clients may be slow to reload. */
const EXTENDED_ASKED_SECONDS = 3607;
const EXTENDED_SECONDS = 365 * 24 * 3600;

type Bound = Parameters<TokenIssuer['issue']>[0]['bound'];
type BoundNode = Parameters<TokenIssuer['issue']>[0]['node'];

/** POST serviceaccounts/NAME/token: https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/ */
export function tokenSubresource({ tokens }: KindEnvironment): ActionSubresource {
  return {
    type: 'action',
    gvk: { group: GROUP, version: 'v1', kind: 'TokenRequest' },
    echoesBody: true,
    defaults: (body) => {
      const { spec } = body as TokenRequest;
      if (spec) spec.expirationSeconds ??= DEFAULT_SECONDS;
    },
    async run(action) {
      const request = action.body as TokenRequest;
      const account = accountOf(action, request);
      const audiences = request.spec?.audiences?.length ? request.spec.audiences : [...tokens.audiences];
      const seconds = request.spec?.expirationSeconds ?? DEFAULT_SECONDS;
      const errors = durationErrors(seconds);
      if (errors.length > 0) throw invalidObject(KIND, '', errors);

      const { bound, node } = boundOf(action, request);
      const extended = bound?.kind === 'Pod' && seconds === EXTENDED_ASKED_SECONDS && audiences.every((audience) => tokens.audiences.includes(audience));
      const { token } = await tokens.issue({
        namespace: action.namespace,
        name: action.name,
        uid: account.metadata.uid ?? '',
        audiences,
        expirationSeconds: extended ? EXTENDED_SECONDS : seconds,
        bound,
        node,
      });
      const { name, namespace, uid } = account.metadata;
      const answer: TokenRequest = {
        kind: 'TokenRequest',
        apiVersion: `${GROUP}/v1`,
        metadata: { ...request.metadata, name, namespace, uid, creationTimestamp: action.now },
        spec: { ...request.spec, audiences, expirationSeconds: seconds },
        status: { token, expirationTimestamp: formatTime(action.clock.now() + seconds * 1000) },
      };
      return { object: answer };
    },
  };
}

function accountOf(action: Action, request: TokenRequest): ServiceAccount {
  const metadata: Partial<TokenRequest['metadata']> = request.metadata ?? {};
  const mismatch = (field: 'name' | 'namespace', value: string): Error =>
    invalidObject(KIND, action.name, [invalid(Path.of('metadata', field), value, `must match the service account ${field} if specified`)]);
  if (metadata.name && metadata.name !== action.name) throw mismatch('name', metadata.name);
  if (metadata.namespace && metadata.namespace !== action.namespace) throw mismatch('namespace', metadata.namespace);
  const account = lookUp<ServiceAccount>(action, 'serviceaccounts', action.name);
  const uid = account.metadata.uid ?? '';
  if (metadata.uid && metadata.uid !== uid) {
    throw conflict(RESOURCE, action.name, `the UID in the token request (${metadata.uid}) does not match the UID of the service account (${uid})`);
  }
  return account;
}

function durationErrors(seconds: number): FieldError[] {
  const path = Path.of('spec', 'expirationSeconds');
  if (seconds < MIN_SECONDS) return [invalid(path, seconds, 'may not specify a duration less than 10 minutes')];
  return seconds > MAX_SECONDS ? [invalid(path, seconds, 'may not specify a duration larger than 2^32 seconds')] : [];
}

function boundOf(action: Action, request: TokenRequest): { bound: Bound; node: BoundNode } {
  const reference = request.spec?.boundObjectRef;
  if (!reference) return { bound: undefined, node: undefined };
  const { kind = '', apiVersion = '', name = '' } = reference;
  const { group, version } = parseApiVersion(apiVersion);
  const resource = group === '' ? BINDABLE.get(kind) : undefined;
  if (!resource) throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`);
  const object = lookUp<Pod | Secret | Node>(action, resource, name);
  let node: BoundNode;
  if (kind === 'Pod') {
    const { spec } = object as Pod;
    if (spec.serviceAccountName !== action.name) {
      throw badRequest(`cannot bind token for serviceaccount ${JSON.stringify(action.name)} to pod running with different serviceaccount name.`);
    }
    if (spec.nodeName) {
      const found = action.verbs.get({ group: '', resource: 'nodes' }, '', spec.nodeName);
      node = { name: spec.nodeName, uid: found?.metadata.uid };
    }
  }
  const uid = object.metadata.uid ?? '';
  if (reference.uid && reference.uid !== uid) {
    throw conflict({ group, resource: kind }, name, `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`);
  }
  return { bound: { kind, apiVersion, name, uid }, node };
}

const BINDABLE = new Map([
  ['Pod', 'pods'],
  ['Node', 'nodes'],
  ['Secret', 'secrets'],
]);

function lookUp<T extends KubeObject>(action: Action, resource: string, name: string): T {
  const found = action.verbs.get({ group: '', resource }, resource === 'nodes' ? '' : action.namespace, name);
  if (!found) throw notFound({ group: '', resource }, name);
  return found as T;
}
