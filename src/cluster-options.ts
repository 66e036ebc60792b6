import type { LogFileOptions } from './audit/log-file.js';
import type { Policy } from './audit/policy.js';
import type { Clock } from './base/clock.js';
import type { Ids } from './base/ids.js';
import type { Logger } from './base/logger.js';
import type { RequestLimits } from './http/limits.js';
import type { RetentionOptions } from './storage/index.js';
import type { WorkloadOptions } from './workloads.js';

export interface AuditSettings extends Omit<LogFileOptions, 'clock' | 'path'> {
  readonly policy: Policy;
  /** A file, '-' for standard output, or a function that is given each event as a line of JSON. */
  readonly log: string | ((line: string) => void);
}

export interface ClusterOptions extends WorkloadOptions {
  /** Where objects and keys are kept. Without one the cluster lives in memory and is gone when it stops. */
  readonly dataDir?: string | undefined;
  /** 0 (the default) picks a free one. */
  readonly port?: number | undefined;
  /** 127.0.0.1 unless said otherwise. */
  readonly bindAddress?: string | undefined;
  readonly serviceClusterIpRange?: string | undefined;
  readonly serviceNodePortRange?: readonly [number, number] | undefined;
  /** Writes are synced to disk before they are acknowledged (true unless said otherwise). */
  readonly fsync?: boolean | undefined;
  /** How much history watches can resume from and lists can read; what passes any of the bounds is compacted. */
  readonly history?: RetentionOptions | undefined;
  /** What the server bears of its clients. */
  readonly limits?: RequestLimits | undefined;
  /** Time as the cluster starts from; `cluster.clock` freezes and moves it. The system's unless said otherwise. */
  readonly clock?: Clock | undefined;
  readonly ids?: Ids | undefined;
  readonly logger?: Logger | undefined;
  /** What containers are: JavaScript objects (simulated, unless said otherwise), or processes of the host (docs/runtimes.md). */
  readonly runtime?: 'simulated' | 'process' | undefined;
  /** For the process runtime: OCI image layouts, folders or tar archives, whose images containers run in. */
  readonly imageLayouts?: readonly string[] | undefined;
  /** A file or folder of manifests, or a dump (`kubectl get … -A -o yaml`), that the cluster starts with. `reset()` goes back to it. */
  readonly load?: string | undefined;
  /** Whether what is loaded keeps the status that is written in it; false unless said otherwise. */
  readonly loadStatus?: boolean | undefined;
  /** Kubernetes' audit log: a policy (audit.k8s.io/v1), and where events go. */
  readonly audit?: AuditSettings | undefined;
  /** Whether `requests()` remembers what clients ask: true, false, or how many requests at most. True unless said otherwise. */
  readonly recordRequests?: boolean | number | undefined;
  /** Whether the cluster keeps the process alive (true unless said otherwise); a test runner's workers must be able to end. */
  readonly keepAlive?: boolean | undefined;
}
