import type { KubeObject } from '../api/object.js';
import type { UserInfo } from '../api/user.js';
import type { ApiRequest, ApiResponse } from '../pipeline/request.js';
import type { Level, Stage } from './policy.js';

/** What is known of a request so far; fields stand in the order of audit.k8s.io/v1 Event. */
export interface EventParts {
  readonly request: ApiRequest;
  readonly auditId: string;
  readonly level: Level;
  readonly receivedAt: string;
  /** What was sent, as an object where it could be decoded. */
  requestObject?: Partial<KubeObject> | undefined;
  response?: ApiResponse | undefined;
  /** JSON text. */
  responseObject?: string | undefined;
  annotations?: Readonly<Record<string, string>> | undefined;
}

const MAX_USER_AGENT = 1024;
const TRUNCATED = '...TRUNCATED';

/** One line of the log. */
export function eventLine(parts: EventParts, stage: Stage, now: string): string {
  const { request, auditId, level, receivedAt, response, annotations } = parts;
  const { origin, info, headers, user } = request;
  const answered = response !== undefined;
  const withRequest = answered && (level === 'Request' || level === 'RequestResponse');
  const agent = headers['user-agent'] ?? '';
  const event = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level,
    auditID: auditId,
    stage,
    requestURI: origin?.uri ?? uriOf(request),
    verb: info.verb,
    user: userOf(origin?.impersonator ?? user),
    // Known only once the request has come as far as impersonation.
    ...(answered && origin?.impersonator ? { impersonatedUser: userOf(user), authenticationMetadata: { impersonationConstraint: 'impersonate:user-info' } } : {}),
    sourceIPs: origin?.sourceIps ?? ['127.0.0.1'],
    ...(agent === '' ? {} : { userAgent: agent.length > MAX_USER_AGENT ? agent.slice(0, MAX_USER_AGENT) + TRUNCATED : agent }),
    ...(info.isResource ? { objectRef: objectRef(parts) } : {}),
    ...(answered ? { responseStatus: statusOf(response) } : {}),
    ...(withRequest && parts.requestObject ? { requestObject: parts.requestObject } : {}),
  };
  // The response is there as text already.
  const responseObject = level === 'RequestResponse' && parts.responseObject !== undefined ? `,"responseObject":${parts.responseObject}` : '';
  const rest = { requestReceivedTimestamp: receivedAt, stageTimestamp: now, ...(answered && annotations ? { annotations } : {}) };
  return `${JSON.stringify(event).slice(0, -1)}${responseObject},${JSON.stringify(rest).slice(1)}`;
}

/** What residents ask has no URI: this is what it would be. */
function uriOf({ info, query }: ApiRequest): string {
  const text = query.toString();
  const namespaced = info.isResource && info.namespace !== '' ? info.path.replace(/\/([^/]+)$/, `/namespaces/${info.namespace}/$1`) : info.path;
  const parts = info.isResource ? [info.name, info.subresource].filter((part) => part !== '') : [];
  return [namespaced, ...parts].join('/') + (text === '' ? '' : `?${text}`);
}

function userOf({ name, uid, groups, extra }: UserInfo): object {
  return { username: name, ...(uid ? { uid } : {}), ...(groups.length > 0 ? { groups } : {}), ...(extra && Object.keys(extra).length > 0 ? { extra } : {}) };
}

function objectRef({ request: { info }, requestObject, response }: EventParts): object {
  if (!info.isResource) return {};
  // Names and versions of bodies are known once they have been read.
  const sent = response ? requestObject?.metadata : undefined;
  const name = info.name || sent?.name;
  return {
    resource: info.resource,
    ...(info.namespace ? { namespace: info.namespace } : {}),
    ...(name ? { name } : {}),
    ...(sent?.uid ? { uid: sent.uid } : {}),
    ...(info.group ? { apiGroup: info.group } : {}),
    apiVersion: info.version,
    ...(sent?.resourceVersion ? { resourceVersion: sent.resourceVersion } : {}),
    ...(info.subresource ? { subresource: info.subresource } : {}),
  };
}

function statusOf(response: ApiResponse): object {
  if (response.type === 'status') {
    const { kind: _kind, apiVersion: _version, ...status } = response.status;
    return { ...status, code: response.code };
  }
  if (response.type === 'object' && response.object.kind === 'Status') {
    const { kind: _kind, apiVersion: _version, ...status } = response.object;
    return { ...status, code: response.code };
  }
  if (response.type === 'connect') return { metadata: {}, code: response.connection.type === 'exec' || response.connection.type === 'port-forward' ? 101 : 200 };
  return { metadata: {}, code: 'code' in response ? response.code : 200 };
}
