import type { Duplex } from 'node:stream';
import type { ContainerConfig, PodSandboxConfig } from '../../runtime.js';
import type { HostImage } from './host-image.js';
import type { TerminalRequest } from './pseudo-terminal.js';

/** A command of the host that starts a container's process, or a further one in it. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Below the command that is spawned, how deep the container's process stands: the wrappers between them wait for it. */
  readonly depth: number;
}

/** A pod's sandbox as its isolation made it. */
export interface IsolatedSandbox {
  readonly ip: string;
  /** The pause process, which holds the pod's namespaces; undefined where there are none. */
  readonly pause: number | undefined;
  /** Opens a connection to the pod's address. Rejects with NetworkError. */
  connect(port: number, signal?: AbortSignal): Promise<Duplex>;
  /** Opens a connection to the pod's localhost. Rejects with NetworkError. */
  connectLocal(port: number): Promise<Duplex>;
  /** Kills what still runs in it and takes its network away. */
  close(): Promise<void>;
}

/** A file or folder of the host that a container sees at `path`. */
export interface BindMount {
  readonly path: string;
  readonly source: string;
  readonly readOnly: boolean;
}

/** What a container's process is to find around it. */
export interface ContainerPlan {
  readonly id: string;
  readonly config: ContainerConfig;
  readonly argv: readonly string[];
  readonly env: ReadonlyArray<readonly [name: string, value: string]>;
  readonly workingDir: string;
  readonly user: { readonly uid: number; readonly gid: number };
  readonly image: HostImage;
  /** The container's own folder on the host: what it writes, its termination message. */
  readonly folder: string;
  readonly mounts: readonly BindMount[];
  /** Where the volumes with files are kept, which no container may see but by its mounts. */
  readonly hidden: readonly string[];
}

/** Whose processes a container sees: its own alone, the pod's, or those of the container whose main process this is. */
export type ProcessView = 'own' | 'pod' | { readonly of: number };

/** Container processes apart from each other and from the host, as far as the host lets them be. */
export interface Isolation {
  readonly kind: 'namespaces' | 'none';
  /** Why there is none, in words for the user. */
  readonly obstacle?: string;
  openSandbox(config: PodSandboxConfig, ip: string, folder: string): Promise<IsolatedSandbox>;
  /** How the container's main process is started. */
  main(sandbox: IsolatedSandbox, view: ProcessView, plan: ContainerPlan, terminal?: TerminalRequest): Launch;
  /** The container's process is about to start: finishes what it can't do itself. Rejects when it cannot be started. */
  enter(pid: number): Promise<void>;
  /** How a further command is started beside the main process `pid`. */
  exec(pid: number, plan: ContainerPlan, command: readonly string[], env: ReadonlyArray<readonly [string, string]>, terminal?: TerminalRequest): Launch;
  /** Removes a folder with what containers have written, whoever may read it. */
  removeFolder(folder: string): Promise<void>;
  close(): Promise<void>;
}
