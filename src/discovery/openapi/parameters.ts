import { lazy, loadFact } from '../../schema/facts.js';

/**
 * A query or path parameter. Documents of version 2 share parameters under a key that ends in a hash of the
 * parameter (k8s.io/kube-openapi builder); the same keys name them here.
 */
export interface ParameterFact {
  readonly name: string;
  readonly in: 'query' | 'path';
  readonly type: 'string' | 'boolean' | 'integer';
}

const facts = lazy(() => new Map(Object.entries(loadFact('parameters') as Record<string, ParameterFact>)));

/** The parameter of a key; `name:KIND` is an object's name in the path. */
export function parameterFact(key: string): ParameterFact {
  if (key.startsWith('name:')) return { name: 'name', in: 'path', type: 'string' };
  const fact = facts().get(key);
  if (!fact) throw new Error(`no parameter ${key} in openapi/parameters.json`);
  return fact;
}

/** dryRun, fieldValidation and name are repeated in each operation: old kubectl looks for the first two there. */
export function isShared(key: string): boolean {
  return key.includes('-');
}

const PRETTY = 'pretty-tJGM1-ng';

export const LIST_PARAMETERS: readonly string[] = [
  'allowWatchBookmarks-HC2hJt-J',
  'continue-QfD61s0i',
  'fieldSelector-xIcQKXFG',
  'labelSelector-5Zw57w4C',
  'limit-1NfNmdNH',
  PRETTY,
  'resourceVersion-5WAnf1kx',
  'resourceVersionMatch-t8XhRHeC',
  'sendInitialEvents-rLXlEK_k',
  'shardSelector-Kgyki_3_',
  'timeoutSeconds-yvYezaOC',
  'watch-XNNPZGbK',
];

export const DELETE_PARAMETERS: readonly string[] = [
  'dryRun',
  'gracePeriodSeconds--K5HaBOS',
  'ignoreStoreReadErrorWithClusterBreakingPotential-QbNkfIqj',
  'orphanDependents-uRB25kX5',
  PRETTY,
  'propagationPolicy-6jk3prlO',
];

export const DELETE_COLLECTION_PARAMETERS: readonly string[] = [
  ...DELETE_PARAMETERS,
  ...LIST_PARAMETERS.filter((key) => !key.startsWith('allowWatchBookmarks') && !key.startsWith('watch') && key !== PRETTY),
];

export const WRITE_PARAMETERS: readonly string[] = ['dryRun', 'fieldManager-Qy4HdaTW', 'fieldValidation', PRETTY];

export const PATCH_PARAMETERS: readonly string[] = ['dryRun', 'fieldManager-7c6nTn1T', 'fieldValidation', 'force-tOGGb0Yi', PRETTY];

export const LOG_PARAMETERS: readonly string[] = [
  'container-1GeXxFDC',
  'follow-9OIXh_2R',
  'insecureSkipTLSVerifyBackend-gM00jVbe',
  'limitBytes-zwd1RXuc',
  PRETTY,
  'previous-1jxDPu3y',
  'sinceSeconds-vE2NLdnP',
  'stream-l-48cgXv',
  'tailLines-9xQLWHMV',
  'timestamps-c17fW1w_',
];

/** Query parameters of connections by the kind of their options. */
export const CONNECT_PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  PodAttachOptions: ['container-_Q-EJ3nR', 'stderr-26jJhFUR', 'stdin-sEFnN3IS', 'stdout-005YMKE6', 'tty-g7MlET_l'],
  PodExecOptions: ['command-Py3eQybp', 'container-i5dOmRiM', 'stderr-W_1TNlWc', 'stdin-PSzNhyUC', 'stdout--EZLRwV1', 'tty-s0flW37O'],
  PodPortForwardOptions: ['ports-91KROJmm'],
  PodProxyOptions: ['path-oPbzgLUj'],
  ServiceProxyOptions: ['path-QCf0eosM'],
  NodeProxyOptions: ['path-rFDtV0x9'],
};
