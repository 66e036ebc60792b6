import type { Clock } from '../../../base/clock.js';
import type { Ids } from '../../../base/ids.js';
import { IpAllocator } from '../../network/ip-allocator.js';
import type { PodNetwork } from '../../network/pod-network.js';
import { RuntimeError, type ContainerConfig, type ContainerRuntime, type PodSandbox, type PodSandboxConfig } from '../../runtime.js';
import type { ImageRegistry } from './image-registry.js';
import { ImageStore } from '../common/image-store.js';
import { RuntimeBase } from '../common/runtime-base.js';
import type { MemoryFileSystem } from './root-file-system.js';
import { SimulatedContainer } from './simulated-container.js';
import { SimulatedSandbox } from './simulated-sandbox.js';
import { VolumeStore } from './volume-store.js';

export interface SimulatedRuntimeOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  /** The cluster's; every node's runtime gets the same. */
  readonly network: PodNetwork;
  /** The node's block of pod addresses. */
  readonly podCidr: string;
  /** The node's own address, which hostNetwork pods have. */
  readonly nodeIp: string;
  /** Which image runs what. */
  readonly images: ImageRegistry;
  /** Data of persistent volumes and host paths, shared by the nodes of a cluster. */
  readonly persistent?: Map<string, MemoryFileSystem>;
  /** Bytes of log kept per container; 1 MiB when absent. */
  readonly logBytes?: number;
}

const CONTAINER_LOG_BYTES = 2 ** 20;

/** Runs containers as image programs: JavaScript objects chosen by the image's name. Works on every platform. */
export class SimulatedRuntime extends RuntimeBase<SimulatedSandbox, SimulatedContainer> implements ContainerRuntime {
  // What kubectl shows as CONTAINER-RUNTIME; ids start with it.
  readonly name = 'containerd';
  readonly version = '2.2.1';
  readonly images = new ImageStore();
  readonly volumes: VolumeStore;
  private readonly addresses: IpAllocator;

  constructor(private readonly options: SimulatedRuntimeOptions) {
    super();
    this.addresses = new IpAllocator(options.podCidr);
    this.volumes = new VolumeStore(options.clock, options.persistent);
  }

  runPodSandbox(config: PodSandboxConfig): Promise<PodSandbox> {
    const { network, ids, clock, nodeIp } = this.options;
    const ndots = Number(config.dns.options.find((option) => option.startsWith('ndots:'))?.slice(6) ?? 1);
    const id = ids.hex(32);
    const lookup = { searches: config.dns.searches, ndots, server: config.dns.servers[0], clock };
    const ip = config.hostNetwork ? nodeIp : this.addresses.allocate();
    if (ip === undefined) {
      return Promise.reject(new RuntimeError(`rpc error: code = Unknown desc = failed to setup network for sandbox "${id}": plugin type="ptp" failed (add): failed to allocate for range 0: no IP addresses available in range set: ${String(this.addresses)}`));
    }
    const namespace = config.hostNetwork ? network.attachShared(ip, lookup) : network.attach(ip, { ...lookup, hosts: (name) => hostNames(config.hosts(ip)).get(name) });
    const sandbox = new SimulatedSandbox(id, config, namespace, clock, () => void this.stopPodSandbox(id));
    this.sandboxes.set(id, sandbox);
    return Promise.resolve(sandbox.status());
  }

  async stopPodSandbox(id: string): Promise<void> {
    const sandbox = this.sandboxes.get(id);
    if (!sandbox || sandbox.state === 'notready') return;
    sandbox.state = 'notready';
    for (const container of sandbox.containers.values()) container.kill();
    if (!sandbox.config.hostNetwork) {
      this.options.network.detach(sandbox.network.ip);
      this.addresses.release(sandbox.network.ip);
    }
    this.emit({ type: 'stopped', podUid: sandbox.config.podUid, container: '' });
  }

  async removePodSandbox(id: string): Promise<void> {
    await this.stopPodSandbox(id);
    const sandbox = this.sandboxes.get(id);
    this.sandboxes.delete(id);
    for (const container of sandbox?.containers.keys() ?? []) this.containers.delete(container);
  }

  async createContainer(sandboxId: string, config: ContainerConfig): Promise<string> {
    const sandbox = this.readySandbox(sandboxId);
    const image = this.images.status(config.image);
    if (!image) throw new RuntimeError(`failed to get image "${config.image}": not found`, 'NotFound');
    const id = this.options.ids.hex(32);
    const { podUid } = sandbox.config;
    const container = new SimulatedContainer(id, config, sandbox, {
      clock: this.options.clock,
      logBytes: this.options.logBytes ?? CONTAINER_LOG_BYTES,
      chosen: this.options.images.choose(config.image),
      image,
      openVolume: (name, subPath) => this.volumes.open(podUid, name, subPath),
      changed: (type) => this.emit({ type, podUid, container: config.name }),
    });
    this.keep(id, container, sandbox);
    return id;
  }

  removeContainer(id: string): Promise<void> {
    const container = this.containers.get(id);
    container?.kill();
    container?.sandbox.containers.delete(id);
    this.containers.delete(id);
    return Promise.resolve();
  }
}

/** Names of a hosts file with their addresses; the first address of a name counts. */
function hostNames(text: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [ip, ...aliases] = line.replace(/#.*$/, '').trim().split(/\s+/);
    if (ip === undefined || ip.includes(':')) continue;
    for (const alias of aliases) if (!names.has(alias)) names.set(alias, ip);
  }
  return names;
}
