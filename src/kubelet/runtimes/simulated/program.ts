import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Readable, Writable } from 'node:stream';
import type { Clock } from '../../../base/clock.js';
import type { TerminalSize } from '../../../api/streams.js';
import type { DnsAnswer, DnsType } from '../../network/dns.js';
import type { FileSystem } from './file-system.js';
import type { ProcessNamespace, SimulatedProcess } from './processes.js';

/**
 * What runs in a simulated container: a JavaScript object chosen by image name. Users register their own
 * with `createCluster({ images: { 'registry.example/app:*': (image) => program } })`.
 */
export interface ImageProgram {
  /** Defaults of the image's own configuration, as a Dockerfile gives them. */
  readonly config?: ImageConfig;
  /**
   * Runs the container's main process and resolves with its exit code. `process.signal` aborts when the process
   * is killed (SIGKILL, or a signal that it does not handle); a program that ignores that is dropped.
   */
  run(process: ProgramProcess): Promise<number>;
  /**
   * Runs a further command in the container (kubectl exec, an exec probe, a lifecycle hook).
   * Without it the simulated shell's tools serve the command, and 127 answers what they do not know.
   */
  exec?(process: ProgramProcess): Promise<number>;
  /**
   * Asked before the container starts: says why its command cannot be run (the container then ends with reason
   * StartError, as with a real runtime), undefined when it can.
   */
  check?(command: CommandToStart): Promise<string | undefined>;
  /**
   * Names of the image's own commands, for a program that leaves all others to the simulated shell
   * (only built-in images do: programs of users see every command themselves).
   */
  readonly commands?: readonly string[];
  /** Files of the image's root file system beyond the base ones, by absolute path. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

export interface ImageConfig {
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly user?: string;
  readonly stopSignal?: string;
  readonly exposedPorts?: readonly number[];
}

/** Makes a program for an image; called once per container start. */
export type ImageProgramFactory = (image: string) => ImageProgram;

export interface CommandToStart {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly fs: FileSystem;
}

/** A running command's view of its container. */
export interface ProgramProcess {
  /** The entry in the pod's or container's process table. */
  readonly process: SimulatedProcess;
  readonly pids: ProcessNamespace;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Set with a terminal (`tty: true`, `kubectl exec -t`). */
  readonly terminal: Terminal | undefined;
  readonly fs: FileSystem;
  readonly network: PodNetworkNamespace;
  readonly hostname: string;
  readonly clock: Clock;
  /** Aborts when the process must end at once. */
  readonly signal: AbortSignal;
  /** How often the container has been started before (0 at first): a program can crash on the third start. */
  readonly restartCount: number;
  /** Whether somebody waits for the program's end: it runs in an init container that is no sidecar. */
  readonly runsToCompletion?: boolean;
  /** Labels of the pod. */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * What signals do to the process: `handler` returns true for those it takes care of; others have their default
   * effect, which PID 1 is spared, as in Linux. It is never asked about SIGKILL.
   */
  readonly onSignal: (handler: (signal: string) => boolean) => void;
  /**
   * Says what the process uses from now on: `kubectl top`, the HorizontalPodAutoscaler and the Metrics API show it.
   * More memory than the container's limit gets it killed (OOMKilled, exit code 137). What is left out stays as it was.
   */
  readonly use: (usage: Partial<ResourceUsage>) => void;
}

/** What a program uses. */
export interface ResourceUsage {
  /** CPUs in use, e.g. 0.25 for 250m. */
  readonly cpuCores: number;
  /** Working set, in bytes. */
  readonly memoryBytes: number;
}

/** The size of a session's terminal; the line discipline (echo, erase, Ctrl-C) is the executor's. */
export interface Terminal {
  readonly size: TerminalSize;
  onResize(listener: (size: TerminalSize) => void): void;
}

/** The network of one pod, shared by its containers: its address and its localhost. */
export interface PodNetworkNamespace {
  readonly ip: string;
  /** What listens there now. */
  readonly ports?: { readonly tcp: readonly number[]; readonly udp: readonly number[] };
  /** Listens on all of the pod's addresses. Rejects with code 'EADDRINUSE' when another container of the pod has the port. */
  listen(port: number, onConnection: (stream: Duplex) => void): Promise<Listener>;
  /** Answers HTTP/1.1 on a port; rejects as `listen` does. Closing the listener ends its connections. */
  listenHttp(port: number, handler: HttpHandler): Promise<Listener>;
  /**
   * Opens a UDP socket on all of the pod's addresses; port 0 takes a free one. Rejects as `listen` does. Datagrams from a
   * Service that the socket has sent to come from the Service's address.
   */
  openUdp(port: number, onMessage: (message: Uint8Array, from: NetworkAddress) => void): Promise<UdpSocket>;
  /** Connects to an address ('localhost', an IP, a cluster DNS name) as from inside the pod. */
  connect(host: string, port: number, signal?: AbortSignal): Promise<Duplex>;
  /** Addresses of a name by the cluster's DNS and the pod's search path; an empty list for NXDOMAIN. */
  resolve(name: string): Promise<readonly string[]>;
  /** Asks the cluster's DNS for the records of a full name, without the search path. */
  query(name: string, type: DnsType): Promise<DnsAnswer>;
}

export interface Listener {
  readonly port: number;
  close(): void;
}

export interface NetworkAddress {
  readonly address: string;
  readonly port: number;
}

export interface UdpSocket {
  readonly port: number;
  /**
   * Sends a datagram. Rejects with code 'ENOTFOUND', 'EMSGSIZE', or, where a connected socket would be told so at its next
   * call, 'ECONNREFUSED' (nothing listens) or 'EHOSTUNREACH'.
   */
  send(message: Uint8Array, host: string, port: number): Promise<void>;
  close(): void;
}

/** Answers one request, as a handler of node:http does; what it rejects with is answered with status 500. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
