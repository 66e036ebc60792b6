import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SYSTEM_MASTERS } from './api/user.js';
import type { ClusterClock } from './base/cluster-clock.js';
import type { Client } from './client/types.js';
import { makeApiClient, type ApiConstructor } from './embed/client-node.js';
import type { Front } from './http/server.js';
import { request, type RequestOptions } from './embed/request.js';
import type { StageBook } from './kubelet/stages/stage-book.js';
import type { Pipeline } from './pipeline/request.js';
import type { Workloads } from './workloads.js';

/** What a cluster is made of; put together by `start-cluster.ts`. */
export interface ClusterParts {
  readonly url: string;
  readonly port: number;
  readonly kubeconfig: string;
  readonly clock: ClusterClock;
  readonly api: Client;
  readonly pipeline: Pipeline;
  readonly workloads: Workloads;
  readonly front: Front;
  /** Called in reverse when the cluster stops. */
  readonly closers: ReadonlyArray<() => Promise<void>>;
}

const ADMIN = { name: 'kubernetes-admin', groups: [SYSTEM_MASTERS, 'system:authenticated'] };

/** A running cluster, as `createCluster` gives it. Parts are started in order of dependency and stopped in reverse. */
export class Cluster implements AsyncDisposable {
  /** https://HOST:PORT */
  readonly url: string;
  readonly port: number;
  /** A kubeconfig of the cluster's administrator, as YAML. */
  readonly kubeconfig: string;
  /** The residents' door to the API, as administrator: no sockets, no encoding. */
  readonly api: Client;
  readonly clock: ClusterClock;
  /** What happens to pods and nodes on demand; can be changed while the cluster runs. */
  readonly stages: StageBook;
  private file: string | undefined;
  private stopped: Promise<void> | undefined;

  /** Use `createCluster`. */
  constructor(private readonly parts: ClusterParts) {
    this.clock = parts.clock;
    this.stages = parts.workloads.stages;
    this.url = parts.url;
    this.port = parts.port;
    this.kubeconfig = parts.kubeconfig;
    this.api = parts.api;
  }

  /** Path of a file that holds the kubeconfig and that only its owner can read. Written when first asked for, removed when the cluster stops. */
  kubeconfigFile(): string {
    if (this.stopped) throw new Error('the cluster has stopped');
    if (!this.file) {
      const folder = mkdtempSync(join(tmpdir(), 'kubette-'));
      this.file = join(folder, 'kubeconfig');
      writeFileSync(this.file, this.kubeconfig, { mode: 0o600 });
    }
    return this.file;
  }

  /**
   * A client of `@kubernetes/client-node`, which must be installed, as administrator: `cluster.client(CoreV1Api)`.
   * Throws where the package is not there or cannot be loaded.
   */
  client<T>(api: ApiConstructor<T>): T {
    return makeApiClient(this.kubeconfig, api);
  }

  /**
   * A request to the API without a socket, as administrator unless `user` says otherwise. As `fetch` it resolves with
   * whatever the server answers, also with errors.
   *
   * @example
   * const reply = await cluster.request('/api/v1/namespaces/default/pods', { method: 'POST', body: pod });
   * const { metadata } = await reply.json();
   */
  request(path: string, options: RequestOptions = {}): Promise<Response> {
    return request(this.parts.front, ADMIN, path, options);
  }

  /** Stops everything and frees port, timers and files. Idempotent. */
  stop(): Promise<void> {
    return (this.stopped ??= this.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  private async close(): Promise<void> {
    for (const close of this.parts.closers.toReversed()) await close();
    if (this.file) rmSync(join(this.file, '..'), { recursive: true, force: true });
    this.file = undefined;
  }
}
