import type { Duplex } from 'node:stream';
import type { ExecStreams, ExitStatus } from '../api/streams.js';

/**
 * What a kubelet asks of a container runtime. Modelled on the CRI
 * (https://github.com/kubernetes/cri-api/blob/master/pkg/apis/services.go) with three differences: volumes belong to the
 * runtime (it alone knows whether they are folders or memory), logs are read from it rather than from files, and
 * changes are pushed to {@link ContainerRuntime.onEvent} rather than polled.
 *
 * All methods reject with {@link RuntimeError}; stopping or removing what is gone already succeeds.
 */
export interface ContainerRuntime {
  /** The scheme of container ids, e.g. `containerd`. */
  readonly name: string;
  readonly version: string;

  /** Registers the one who is told of every change of a container's state. Returns how to unregister. */
  onEvent(listener: (event: RuntimeEvent) => void): () => void;

  /** Makes a pod's sandbox: its network, its pause process. */
  runPodSandbox(config: PodSandboxConfig): Promise<PodSandbox>;
  /** Kills what still runs in the sandbox and takes its network away. */
  stopPodSandbox(id: string): Promise<void>;
  /** Forgets the sandbox and its containers with their logs. */
  removePodSandbox(id: string): Promise<void>;
  podSandbox(id: string): PodSandbox | undefined;

  createContainer(sandbox: string, config: ContainerConfig): Promise<string>;
  /** Resolves once the container's process runs; rejects when it cannot be started. */
  startContainer(id: string): Promise<void>;
  /**
   * Sends the stop signal, then SIGKILL after the time given; resolves when the container has ended. `restarts` says that
   * another one takes its place at once, in a pod that goes on.
   */
  stopContainer(id: string, timeoutSeconds: number, restarts?: boolean): Promise<void>;
  removeContainer(id: string): Promise<void>;
  containerStatus(id: string): RuntimeContainerStatus | undefined;

  /** Runs a further command in a running container. */
  exec(id: string, command: readonly string[], streams: ExecStreams): Promise<ExitStatus>;
  /** Joins the streams of a running container's main process; resolves, with code 0, when it or the client ends. */
  attach(id: string, streams: ExecStreams): Promise<ExitStatus>;
  /** The container's log, also of one that has ended; undefined when it was removed. */
  logs(id: string): ContainerLog | undefined;
  /** Connects to a port on the sandbox's localhost. */
  portForward(sandbox: string, port: number): Promise<Duplex>;
  /** Changes what a running container may use. */
  updateContainer(id: string, limits: ResourceLimits): void;

  /** Ends a running container at once, as by its own fault or the kernel's: failures on demand. */
  endContainer(id: string, end: ContainerEnd): void;

  /** What the container uses now; undefined when it does not run. */
  stats(id: string): ContainerStats | undefined;
  /** Reads at most `limit` bytes from the end of a file of a container, also after it has ended; undefined without such a file. */
  readFile(id: string, path: string, limit: number): Promise<string | undefined>;

  readonly images: ImageService;
  readonly volumes: VolumeService;

  /** Kills everything at once: the node is gone. */
  close(): Promise<void>;
}

export interface ImageService {
  /** The image on the node, or undefined when it must be pulled first. */
  status(image: string): ImageStatus | undefined;
  /** Rejects with {@link RuntimeError} whose message is the registry's. */
  pull(image: string, credentials?: readonly ImageCredentials[]): Promise<ImageStatus>;
  list(): readonly ImageStatus[];
  remove(image: string): Promise<void>;
}

export interface ImageCredentials {
  readonly registry: string;
  readonly username: string;
  readonly password: string;
}

export interface ImageStatus {
  /** `docker.io/library/nginx@sha256:…`, which becomes the container's imageID. */
  readonly id: string;
  /** The normalized name, `docker.io/library/nginx:latest`, which becomes the container status's image. */
  readonly name: string;
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  readonly sizeBytes: number;
  /** The user the image runs as: a number where it names one. */
  readonly uid?: number | undefined;
  readonly username?: string | undefined;
}

/** Volumes of pods, by the pod's uid and the volume's name. */
export interface VolumeService {
  /** Makes a volume (rejects with RuntimeError where a host path is not what it shall be), or replaces the files of one of type `files` (all at once, as the kubelet's atomic writer does). */
  mount(podUid: string, name: string, content: VolumeContent): Promise<void>;
  /** Drops a pod's volumes. Persistent ones keep their data. */
  unmountAll(podUid: string): Promise<void>;
}

export type VolumeContent =
  | { readonly type: 'files'; readonly files: readonly VolumeFile[] }
  | { readonly type: 'empty'; readonly medium: string; readonly sizeLimitBytes?: number | undefined }
  /** A path of the node; `check` is the hostPath's type ('' for any), which `mount` compares with what is there. */
  | { readonly type: 'host'; readonly path: string; readonly check: string }
  /** Data that outlives pods, e.g. of a PersistentVolume; volumes of one id are the same. */
  | { readonly type: 'persistent'; readonly id: string };

export interface VolumeFile {
  /** Relative to the volume. */
  readonly path: string;
  readonly data: Uint8Array;
  readonly mode: number;
}

export interface PodSandboxConfig {
  readonly podUid: string;
  readonly podName: string;
  readonly namespace: string;
  /** How many sandboxes the pod had before. */
  readonly attempt: number;
  readonly hostname: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly shareProcessNamespace: boolean;
  readonly hostNetwork: boolean;
  readonly hostPid: boolean;
  readonly dns: DnsConfig;
  /** Makes /etc/hosts once the address is known. */
  readonly hosts: (ip: string) => string;
}

/** What resolv.conf says. */
export interface DnsConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export interface PodSandbox {
  readonly id: string;
  readonly podUid: string;
  readonly ip: string;
  readonly state: 'ready' | 'notready';
  readonly createdAt: number;
}

export interface ContainerConfig {
  readonly name: string;
  /** As the pod's spec names it. */
  readonly image: string;
  /** How many containers of this name the pod had before: the restart count. */
  readonly attempt: number;
  /** Overrides of the image's entry point and arguments; undefined keeps the image's. */
  readonly command: readonly string[] | undefined;
  readonly args: readonly string[] | undefined;
  readonly workingDir: string | undefined;
  readonly env: ReadonlyArray<readonly [name: string, value: string]>;
  readonly mounts: readonly ContainerMount[];
  readonly tty: boolean;
  readonly stdin: boolean;
  /** Whether stdin ends with the first client that has attached to it. */
  readonly stdinOnce: boolean;
  readonly user: { readonly uid?: number | undefined; readonly gid?: number | undefined; readonly groups: readonly number[] };
  readonly readOnlyRootFilesystem: boolean;
  readonly terminationMessagePath: string;
  readonly memoryLimitBytes: number | undefined;
  /** What it is promised: a simulated container that does nothing is taken to use a share of it. */
  readonly requests?: { readonly cpuCores: number; readonly memoryBytes: number };
  readonly cpuLimitCores?: number | undefined;
  readonly stopSignal: string | undefined;
  /** An init container that is waited for: a program without anything to do should end rather than run on. */
  readonly runsToCompletion?: boolean;
  /** A container whose process namespace is joined (kubectl debug --target). */
  readonly targetContainer: string | undefined;
}

export interface ContainerMount {
  /** Name of a volume of the pod. */
  readonly volume: string;
  readonly path: string;
  readonly subPath: string | undefined;
  readonly readOnly: boolean;
}

export interface RuntimeContainerStatus {
  readonly id: string;
  readonly sandbox: string;
  readonly podUid: string;
  readonly name: string;
  readonly attempt: number;
  readonly image: string;
  readonly imageId: string;
  readonly state: 'created' | 'running' | 'exited';
  readonly createdAt: number;
  /** Milliseconds since the epoch; 0 before. */
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: number;
  /** `Completed`, `Error`, `OOMKilled`, `StartError`, … */
  readonly reason: string;
  readonly message: string;
  readonly user: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] };
}

export interface RuntimeEvent {
  readonly type: 'started' | 'stopped';
  readonly podUid: string;
  readonly container: string;
}

/** What a container may use at most. */
export interface ResourceLimits {
  readonly memoryLimitBytes: number | undefined;
  readonly cpuLimitCores?: number | undefined;
}

/** How a container is said to have ended. */
export interface ContainerEnd {
  readonly exitCode: number;
  /** `Error` (or `Completed` for code 0) when absent. */
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

export interface ContainerStats {
  /** CPU time since its start, in nanoseconds. */
  readonly cpuNanoseconds: number;
  /** CPU in use now, in billionths of a core. */
  readonly cpuNanocores: number;
  readonly memoryWorkingSetBytes: number;
  readonly memoryLimitBytes: number | undefined;
}

/** One line (or part of a very long one), as a line of a CRI log file. */
export interface LogEntry {
  /** RFC 3339 with nanoseconds. */
  readonly time: string;
  readonly stream: 'stdout' | 'stderr';
  /** Whether the line goes on in the next entry, or never ended: no newline follows. */
  readonly partial: boolean;
  readonly data: Buffer;
}

export interface ContainerLog {
  /** Position of the oldest entry that is kept. */
  readonly first: number;
  /** Position after the newest entry. */
  readonly end: number;
  at(position: number): LogEntry | undefined;
  /** Whether nothing will be added any more. */
  readonly closed: boolean;
  /** Resolves when there is more than `end` says, or the log closes. */
  changed(signal: AbortSignal): Promise<void>;
}

/** Why the runtime could not do something; `message` goes into events and statuses as it is. */
export class RuntimeError extends Error {
  constructor(
    message: string,
    /** 'StartError' and the like, where it becomes a container's reason. */
    readonly reason: 'NotFound' | 'Failed' | 'StartError' | 'RegistryUnavailable' | 'NotRunning' = 'Failed',
    readonly exitCode?: number,
  ) {
    super(message);
    this.name = 'RuntimeError';
  }
}
