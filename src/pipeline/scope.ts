import { managerFromUserAgent } from '../apply/manager-name.js';
import type { ResourceRequestInfo } from '../api/request-info.js';
import type { Kind, RegistryDependencies, WriteRequest } from './registry.js';
import type { ApiRequest } from './request.js';

/** One request for a kind's resource, with what all verbs need. */
export interface Scope {
  readonly registry: RegistryDependencies;
  readonly request: ApiRequest;
  readonly info: ResourceRequestInfo;
  readonly kind: Kind;
  readonly warnings: string[];
}

/** Options of a write in the order of their fields. */
function sentOptions(query: URLSearchParams): object {
  const [dryRun, fieldManager, fieldValidation] = [query.getAll('dryRun'), query.get('fieldManager'), query.get('fieldValidation')];
  return { ...(dryRun.length > 0 ? { dryRun } : {}), ...(fieldManager ? { fieldManager } : {}), ...(fieldValidation ? { fieldValidation } : {}) };
}

/** What the registry is told of a write. Without a fieldManager, the client's name is taken from its user agent. */
export function writeRequest(scope: Scope, options: { dryRun: boolean; fieldManager: string }): WriteRequest {
  return {
    kind: scope.kind,
    namespace: scope.info.namespace,
    user: scope.request.user,
    dryRun: options.dryRun,
    subresource: scope.info.subresource,
    fieldManager: options.fieldManager || managerFromUserAgent(scope.request.headers['user-agent'] ?? ''),
    get sentOptions() {
      return sentOptions(scope.request.query);
    },
    // Few wait for anything, and a signal is dear.
    get signal() {
      return scope.request.signal;
    },
    warn: (text) => {
      if (!scope.warnings.includes(text)) scope.warnings.push(text);
    },
  };
}
