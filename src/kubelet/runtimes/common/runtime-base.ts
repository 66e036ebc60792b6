import type { Duplex } from 'node:stream';
import type { ExecStreams, ExitStatus } from '../../../api/streams.js';
import { NetworkError } from '../../network/errors.js';
import { RuntimeError, type ContainerConfig, type ContainerEnd, type ContainerLog, type ContainerStats, type PodSandbox, type ResourceLimits, type RuntimeContainerStatus, type RuntimeEvent } from '../../runtime.js';

/** A container as {@link RuntimeBase} keeps it. */
export interface KeptContainer {
  readonly log: ContainerLog;
  status(): RuntimeContainerStatus;
  start(): Promise<void>;
  /** Asks it to end, and ends it after the time given; resolves when it has ended. */
  stop(timeoutSeconds: number, restarts: boolean): Promise<void>;
  exec(command: readonly string[], streams: ExecStreams): Promise<ExitStatus>;
  attach(streams: ExecStreams): Promise<ExitStatus>;
  end(end: ContainerEnd): void;
  /** Changes what the running container may use. */
  limit(limits: ResourceLimits): void;
  stats(): ContainerStats | undefined;
  readTail(path: string, limit: number): Promise<string | undefined>;
}

/** A sandbox with its containers. */
export interface KeptSandbox<C> {
  readonly state: PodSandbox['state'];
  readonly containers: Map<string, C>;
  status(): PodSandbox;
  /** Connects to a port of its localhost. Rejects with NetworkError. */
  connectLocal(port: number): Promise<Duplex>;
}

/** What every container runtime does alike: it keeps sandboxes and containers by id, and passes on what is asked of them. */
export abstract class RuntimeBase<S extends KeptSandbox<C>, C extends KeptContainer> {
  protected readonly sandboxes = new Map<string, S>();
  protected readonly containers = new Map<string, C>();
  private readonly listeners = new Set<(event: RuntimeEvent) => void>();

  abstract removePodSandbox(id: string): Promise<void>;

  onEvent(listener: (event: RuntimeEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  podSandbox(id: string): PodSandbox | undefined {
    return this.sandboxes.get(id)?.status();
  }

  async startContainer(id: string): Promise<void> {
    await this.container(id).start();
  }

  async stopContainer(id: string, timeoutSeconds: number, restarts = false): Promise<void> {
    await this.containers.get(id)?.stop(timeoutSeconds, restarts);
  }

  containerStatus(id: string): RuntimeContainerStatus | undefined {
    return this.containers.get(id)?.status();
  }

  async exec(id: string, command: readonly string[], streams: ExecStreams): Promise<ExitStatus> {
    return this.container(id).exec(command, streams);
  }

  async attach(id: string, streams: ExecStreams): Promise<ExitStatus> {
    return this.container(id).attach(streams);
  }

  logs(id: string): ContainerLog | undefined {
    return this.containers.get(id)?.log;
  }

  async portForward(sandboxId: string, port: number): Promise<Duplex> {
    const sandbox = this.sandboxes.get(sandboxId);
    if (sandbox?.state !== 'ready') throw new RuntimeError(`sandbox container "${sandboxId}" is not running`, 'NotRunning');
    try {
      return await sandbox.connectLocal(port);
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      throw new RuntimeError(`failed to connect to localhost:${port} inside namespace "${sandboxId}", IPv4: dial tcp4 127.0.0.1:${port}: connect: ${error.text} IPv6 dial tcp6 [::1]:${port}: connect: ${error.text} `);
    }
  }

  updateContainer(id: string, limits: ResourceLimits): void {
    this.containers.get(id)?.limit(limits);
  }

  endContainer(id: string, end: ContainerEnd): void {
    this.containers.get(id)?.end(end);
  }

  stats(id: string): ContainerStats | undefined {
    return this.containers.get(id)?.stats();
  }

  async readFile(id: string, path: string, limit: number): Promise<string | undefined> {
    return this.containers.get(id)?.readTail(path, limit);
  }

  async close(): Promise<void> {
    this.listeners.clear();
    await Promise.all([...this.sandboxes.keys()].map((id) => this.removePodSandbox(id)));
  }

  /** A sandbox that containers can be made in. Throws RuntimeError when there is none of that id. */
  protected readySandbox(id: string): S {
    const sandbox = this.sandboxes.get(id);
    if (sandbox?.state !== 'ready') throw new RuntimeError(`failed to find sandbox id "${id}": not found`, 'NotFound');
    return sandbox;
  }

  protected keep(id: string, container: C, sandbox: S): void {
    sandbox.containers.set(id, container);
    this.containers.set(id, container);
  }

  protected emit(event: RuntimeEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  private container(id: string): C {
    const container = this.containers.get(id);
    if (!container) throw new RuntimeError(`an error occurred when try to find container "${id}": not found`, 'NotFound');
    return container;
  }
}

/** Whether a container's input ends when a client that had attached to it has gone, however it went; a terminal stays open. */
export function inputEndsWithClient({ stdin, stdinOnce, tty }: ContainerConfig): boolean {
  return stdin && stdinOnce && !tty;
}

/** Resolves when the client has gone or the container has ended. */
export async function untilEither(ended: Promise<void>, signal: AbortSignal): Promise<void> {
  let leave: () => void = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
    if (signal.aborted) resolve();
    signal.addEventListener('abort', leave, { once: true });
  });
  await Promise.race([left, ended]);
  signal.removeEventListener('abort', leave);
}
