import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../base/clock.js';
import type { Ids } from '../../../base/ids.js';
import { IpAllocator } from '../../network/ip-allocator.js';
import type { PodNetwork } from '../../network/pod-network.js';
import { RuntimeError, type ContainerConfig, type ContainerRuntime, type PodSandbox, type PodSandboxConfig } from '../../runtime.js';
import { RuntimeBase } from '../common/runtime-base.js';
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
export class ProcessRuntime extends RuntimeBase<ProcessSandbox, ProcessContainer> implements ContainerRuntime {
  readonly name = 'process';
  readonly version = '1.0.0';
  readonly images: HostImageStore;
  readonly volumes: FolderVolumes;
  private readonly addresses: IpAllocator;

  constructor(private readonly options: ProcessRuntimeOptions) {
    super();
    this.addresses = new IpAllocator(options.podCidr);
    this.volumes = new FolderVolumes(options.clock, join(options.folder, 'pods'), options.persistentFolder);
    this.images = new HostImageStore(options.imageLayouts ?? [], options.folder);
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

  async createContainer(sandboxId: string, config: ContainerConfig): Promise<string> {
    const sandbox = this.readySandbox(sandboxId);
    const image = this.images.get(config.image);
    if (!image) throw new RuntimeError(`failed to get image "${config.image}": not found`, 'NotFound');
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
    this.keep(id, container, sandbox);
    return id;
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

  override async close(): Promise<void> {
    await super.close();
    await this.options.isolation.removeFolder(this.options.folder);
  }

  private mounts(podUid: string, { mounts }: ContainerConfig): readonly BindMount[] {
    return mounts
      .map(({ volume, path, subPath, readOnly }) => ({ path, source: this.volumes.source(podUid, volume, subPath), readOnly: readOnly || this.volumes.isReadOnly(podUid, volume) }))
      // A mount below another one comes after it.
      .toSorted((a, b) => a.path.length - b.path.length);
  }
}
