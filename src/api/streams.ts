import type { Duplex, Readable, Writable } from 'node:stream';
import type { Pod } from './types/core-v1.js';

/**
 * Contracts between the API server's streaming subresources and the nodes that serve them.
 * Pure types: http/ frames them for clients, kubelet/ implements them.
 */

export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** The client's ends of an exec or attach session; what was not asked for is undefined. */
export interface ExecStreams {
  readonly stdin: Readable | undefined;
  readonly stdout: Writable | undefined;
  /** Undefined with a terminal: both outputs come through stdout then. */
  readonly stderr: Writable | undefined;
  readonly tty: boolean;
  /** Sizes of the client's terminal as they change; ends with the session. */
  readonly resize: AsyncIterable<TerminalSize>;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
}

export interface ExecOptions {
  readonly container: string;
  readonly command: readonly string[];
}

/** How a process ended: by itself with a code, or by a signal (code is then 128 + its number). */
export interface ExitStatus {
  readonly code: number;
  readonly signal?: string | undefined;
}

export interface LogOptions {
  readonly container: string;
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly sinceSeconds?: number | undefined;
  readonly sinceTime?: string | undefined;
  readonly tailLines?: number | undefined;
  readonly limitBytes?: number | undefined;
  /** 'All', 'Stdout' or 'Stderr'. */
  readonly stream?: string | undefined;
}

/**
 * A node's kubelet as the API server dials it. Methods throw ApiError for what the client did wrong
 * (no such container, container not running), with the texts of the real kubelet.
 */
export interface NodeAgent {
  logs(pod: Pod, options: LogOptions, signal: AbortSignal): AsyncIterable<Buffer>;
  exec(pod: Pod, options: ExecOptions, streams: ExecStreams): Promise<ExitStatus>;
  attach(pod: Pod, container: string, streams: ExecStreams): Promise<ExitStatus>;
  /** Joins a stream to a port inside the pod's network; rejects with the text kubectl prints when nothing listens. */
  portForward(pod: Pod, port: number, stream: Duplex): Promise<void>;
  /** What the node and its running containers use now: what a metrics server asks a kubelet for. */
  stats(): NodeStats;
}

/** Resources in use at a moment. */
export interface ResourceStats {
  /** CPU time since the start, in nanoseconds. */
  readonly cpuNanoseconds: number;
  /** CPU in use now, in billionths of a core. */
  readonly cpuNanocores: number;
  readonly memoryWorkingSetBytes: number;
}

export interface PodStats {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  /** Running containers, sidecars included. */
  readonly containers: ReadonlyArray<ResourceStats & { readonly name: string; /** Milliseconds since the epoch. */ readonly startedAt: number }>;
}

export interface NodeStats extends ResourceStats {
  readonly nodeName: string;
  /** Milliseconds since the epoch, of this sample. */
  readonly time: number;
  readonly pods: readonly PodStats[];
}

/** Finds the agent of a node; undefined when no kubelet of that name runs here. */
export interface NodeDirectory {
  agent(nodeName: string): NodeAgent | undefined;
}

/** The cluster's network as code outside the nodes sees it: API proxies, LoadBalancer listeners, probes. */
export interface ClusterNetwork {
  /**
   * Opens a TCP connection to whatever listens on `ip:port`, a pod's address or a Service's cluster IP.
   * Rejects with an Error whose `code` is 'ECONNREFUSED', 'EHOSTUNREACH' or 'ETIMEDOUT'.
   */
  connect(ip: string, port: number, options?: { from?: string; signal?: AbortSignal }): Promise<Duplex>;
}
