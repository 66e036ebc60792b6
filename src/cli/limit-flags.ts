import type { ClusterOptions } from '../index.js';
import { duration } from './duration.js';
import type { Flags, Parsed } from './flags.js';
import { UsageError } from './usage-error.js';

/** How much the server keeps for its clients and bears of them: kube-apiserver's flags, with its defaults, where it has them. */
export const LIMIT_FLAGS: Flags = {
  'etcd-compaction-interval': { type: 'string', value: 'DURATION', help: 'how long changes are kept for watches and lists that go back; 0: they do not age', default: '5m' },
  'history-max-revisions': { type: 'string', value: 'N', help: 'most changes that are kept, however young', default: '100000' },
  'max-requests-inflight': { type: 'string', value: 'N', help: 'reads that are worked on at a time; more are answered with 429', default: '400' },
  'max-mutating-requests-inflight': { type: 'string', value: 'N', help: 'the same for writes', default: '200' },
  'request-timeout': { type: 'string', value: 'DURATION', help: 'how long a request that is no stream may take', default: '1m' },
};

const MOST = 1_000_000_000;

/** Throws UsageError for what is no duration or no number. */
export function limits(flags: Parsed): Pick<ClusterOptions, 'history' | 'limits'> {
  const requestTimeoutMs = duration(flags, 'request-timeout');
  if (requestTimeoutMs === 0) throw new UsageError('--request-timeout must be longer than 0s');
  return {
    history: { maxAgeMs: duration(flags, 'etcd-compaction-interval') || Infinity, maxRevisions: flags.integer('history-max-revisions', 1, MOST) },
    limits: {
      maxRequestsInFlight: flags.integer('max-requests-inflight', 1, MOST),
      maxMutatingRequestsInFlight: flags.integer('max-mutating-requests-inflight', 1, MOST),
      requestTimeoutMs,
    },
  };
}
