import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { ExecStreams, ExitStatus } from '../../../api/streams.js';
import type { Clock } from '../../../base/clock.js';
import type { Ids } from '../../../base/ids.js';
import { NetworkError } from '../../network/errors.js';
import { IpAllocator } from '../../network/ip-allocator.js';
import type { PodNetwork } from '../../network/pod-network.js';
import {
  RuntimeError, type ContainerConfig, type ContainerEnd, type ResourceLimits, type ContainerLog, type ContainerRuntime, type ContainerStats, type PodSandbox, type PodSandboxConfig,
  type RuntimeContainerStatus, type RuntimeEvent,
} from '../../runtime.js';
import { FolderVolumes } from './folder-volumes.js';
import { imageCommand } from './host-image.js';
import { HostImageStore } from './host-image-store.js';
import type { BindMount, ContainerPlan, Isolation } from './isolation.js';
import { ProcessContainer } from './process-container.js';
import { ProcessSandbox } from './process-sandbox.js';

export interface ProcessRuntimeOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly network: PodNetwork;
  readonly podCidr: string;
  /** The node's own address, which hostNetwork pods have. */
  readonly nodeIp: string;
  readonly isolation: Isolation;
  /** The node's folder: what its containers write, its volumes, its images. Emptied when the node is switched off. */
  readonly folder: string;
  /** Folder of persistent volumes; the cluster's. */
  readonly persistentFolder: string;
  /** A folder that containers never see (keys and objects of the cluster). */
  readonly hiddenFolder?: string | undefined;
  /** OCI image layouts: folders or tar archives. */
  readonly imageLayouts?: readonly string[] | undefined;
  /** Bytes of log kept per container; 10 MiB when absent, as the kubelet's containerLogMaxSize. */
  readonly logBytes?: number | undefined;
}

const CONTAINER_LOG_BYTES = 10 * 2 ** 20;

/** Runs containers as processes of the host. */
export class ProcessRuntime implements ContainerRuntime {
  readonly name = 'process';
  readonly version = '1.0.0';
  readonly images: HostImageStore;
  readonly volumes: FolderVolumes;
  private readonly addresses: IpAllocator;
  private readonly sandboxes = new Map<string, ProcessSandbox>();
  private readonly containers = new Map<string, ProcessContainer>();
  private readonly listeners = new Set<(event: RuntimeEvent) => void>();

  constructor(private readonly options: ProcessRuntimeOptions) {
    this.addresses = new IpAllocator(options.podCidr);
    this.volumes = new FolderVolumes(options.clock, join(options.folder, 'pods'), options.persistentFolder);
    this.images = new HostImageStore(options.imageLayouts ?? [], options.folder);
  }

  onEvent(listener: (event: RuntimeEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async runPodSandbox(config: PodSandboxConfig): Promise<PodSandbox> {
    const { ids, nodeIp, network, clock, isolation } = this.options;
    const id = ids.hex(32);
    const ip = config.hostNetwork ? nodeIp : this.addresses.allocate();
    if (ip === undefined) throw new RuntimeError(`failed to setup network for sandbox "${id}": no IP addresses available in range set: ${String(this.addresses)}`);
    const folder = join(this.options.folder, 'sandboxes', id);
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    try {
      const isolated = await isolation.openSandbox(config, ip, folder);
      const sandbox = new ProcessSandbox(id, config, isolated, clock.now());
      if (!config.hostNetwork) network.attachRemote(ip, (port, signal) => isolated.connect(port, signal));
      this.sandboxes.set(id, sandbox);
      return sandbox.status();
    } catch (error) {
      if (!config.hostNetwork) this.addresses.release(ip);
      rmSync(folder, { recursive: true, force: true });
      throw error instanceof RuntimeError ? error : new RuntimeError(error instanceof Error ? error.message : String(error));
    }
  }

  async stopPodSandbox(id: string): Promise<void> {
    const sandbox = this.sandboxes.get(id);
    if (!sandbox || sandbox.state === 'notready') return;
    sandbox.state = 'notready';
    const ended = [...sandbox.containers.values()].filter(({ running }) => running).map((container) => {
      container.kill();
      return container.ended();
    });
    await Promise.all(ended);
    await sandbox.isolated.close();
    if (!sandbox.config.hostNetwork) {
      this.options.network.detach(sandbox.isolated.ip);
      this.addresses.release(sandbox.isolated.ip);
    }
    this.emit({ type: 'stopped', podUid: sandbox.config.podUid, container: '' });
  }

  async removePodSandbox(id: string): Promise<void> {
    await this.stopPodSandbox(id);
    const sandbox = this.sandboxes.get(id);
    this.sandboxes.delete(id);
    for (const container of sandbox?.containers.keys() ?? []) await this.removeContainer(container);
    rmSync(join(this.options.folder, 'sandboxes', id), { recursive: true, force: true });
  }

  podSandbox(id: string): PodSandbox | undefined {
    return this.sandboxes.get(id)?.status();
  }

  createContainer(sandboxId: string, config: ContainerConfig): Promise<string> {
    const sandbox = this.sandboxes.get(sandboxId);
    if (sandbox?.state !== 'ready') return Promise.reject(new RuntimeError(`failed to find sandbox id "${sandboxId}": not found`, 'NotFound'));
    const image = this.images.get(config.image);
    if (!image) return Promise.reject(new RuntimeError(`failed to get image "${config.image}": not found`, 'NotFound'));
    const id = this.options.ids.hex(32);
    const given = new Map([...image.env, ['HOSTNAME', sandbox.config.hostname] as const, ...config.env]);
    if (!given.has('HOME')) given.set('HOME', '/root');
    const plan: ContainerPlan = {
      id,
      config,
      argv: imageCommand(image, config.command, config.args),
      env: [...given],
      workingDir: config.workingDir ?? image.workingDir ?? '/',
      user: { uid: config.user.uid ?? image.status.uid ?? 0, gid: config.user.gid ?? 0 },
      image,
      folder: join(this.options.folder, 'containers', id),
      mounts: this.mounts(sandbox.config.podUid, config),
      hidden: [...new Set([this.options.hiddenFolder, this.options.folder].filter((folder) => folder !== undefined))],
    };
    const container = new ProcessContainer(plan, sandbox, {
      clock: this.options.clock,
      logBytes: this.options.logBytes ?? CONTAINER_LOG_BYTES,
      isolation: this.options.isolation,
      changed: (type) => this.emit({ type, podUid: sandbox.config.podUid, container: config.name }),
    });
    sandbox.containers.set(id, container);
    this.containers.set(id, container);
    return Promise.resolve(id);
  }

  async startContainer(id: string): Promise<void> {
    await this.container(id).start();
  }

  async stopContainer(id: string, timeoutSeconds: number): Promise<void> {
    await this.containers.get(id)?.stop(timeoutSeconds);
  }

  async removeContainer(id: string): Promise<void> {
    const container = this.containers.get(id);
    if (!container) return;
    if (container.running) {
      container.kill();
      await container.ended();
    }
    container.sandbox.containers.delete(id);
    this.containers.delete(id);
    await this.options.isolation.removeFolder(container.plan.folder);
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

  updateContainer(id: string, { memoryLimitBytes }: ResourceLimits): void {
    this.containers.get(id)?.limitMemory(memoryLimitBytes);
  }

  endContainer(id: string, end: ContainerEnd): void {
    this.containers.get(id)?.end(end);
  }

  logs(id: string): ContainerLog | undefined {
    return this.containers.get(id)?.log;
  }

  async portForward(sandboxId: string, port: number): Promise<Duplex> {
    const sandbox = this.sandboxes.get(sandboxId);
    if (sandbox?.state !== 'ready') throw new RuntimeError(`sandbox container "${sandboxId}" is not running`, 'NotRunning');
    try {
      return await sandbox.isolated.connectLocal(port);
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      throw new RuntimeError(`failed to connect to localhost:${port} inside namespace "${sandboxId}", IPv4: dial tcp4 127.0.0.1:${port}: connect: ${error.text} IPv6 dial tcp6 [::1]:${port}: connect: ${error.text} `);
    }
  }

  stats(id: string): ContainerStats | undefined {
    return this.containers.get(id)?.stats();
  }

  readFile(id: string, path: string, limit: number): Promise<string | undefined> {
    return Promise.resolve(this.containers.get(id)?.readTail(path, limit));
  }

  async close(): Promise<void> {
    this.listeners.clear();
    await Promise.all([...this.sandboxes.keys()].map((id) => this.removePodSandbox(id)));
    await this.options.isolation.removeFolder(this.options.folder);
  }

  private mounts(podUid: string, { mounts }: ContainerConfig): readonly BindMount[] {
    return mounts
      .map(({ volume, path, subPath, readOnly }) => ({ path, source: this.volumes.source(podUid, volume, subPath), readOnly: readOnly || this.volumes.isReadOnly(podUid, volume) }))
      // A mount below another one comes after it.
      .toSorted((a, b) => a.path.length - b.path.length);
  }

  private container(id: string): ProcessContainer {
    const container = this.containers.get(id);
    if (!container) throw new RuntimeError(`an error occurred when try to find container "${id}": not found`, 'NotFound');
    return container;
  }

  private emit(event: RuntimeEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}
