import type { Duplex } from 'node:stream';
import { resolvConf } from '../common/resolv-conf.js';
import type { Clock } from '../../../base/clock.js';
import type { NetworkNamespace } from '../../network/network-namespace.js';
import type { PodSandbox, PodSandboxConfig } from '../../runtime.js';
import { ProcessTable } from './process-table.js';
import type { ProcessNamespace } from './processes.js';
import type { SimulatedContainer } from './simulated-container.js';

/** The user pause runs as in its image. */
const PAUSE_USER = '65535';

/**
 * A pod's sandbox: the network its containers share, and the pause process that holds it. Pause is PID 1 of all
 * containers when the pod shares its process namespace (it reaps orphans then); otherwise each container has a
 * namespace of its own, where its main process is PID 1.
 */
export class SimulatedSandbox {
  readonly containers = new Map<string, SimulatedContainer>();
  readonly createdAt: number;
  state: PodSandbox['state'] = 'ready';
  private shared: ProcessTable | undefined;

  constructor(
    readonly id: string,
    readonly config: PodSandboxConfig,
    readonly network: NetworkNamespace,
    private readonly clock: Clock,
    /** Pause has ended: nothing holds the pod's namespaces any more. */
    private readonly onPauseEnd: () => void,
  ) {
    this.createdAt = clock.now();
    if (config.shareProcessNamespace || config.hostPid) this.shared = this.startPause();
  }

  get hosts(): string {
    return this.config.hosts(this.network.ip);
  }

  get resolvConf(): string {
    return resolvConf(this.config.dns);
  }

  status(): PodSandbox {
    return { id: this.id, podUid: this.config.podUid, ip: this.network.ip, state: this.state, createdAt: this.createdAt };
  }

  async connectLocal(port: number): Promise<Duplex> {
    return this.network.connectLocal(port);
  }

  /** The process namespace of a new container. */
  namespaceFor(target: string | undefined): ProcessNamespace {
    if (this.shared) return this.shared;
    if (target !== undefined) for (const container of this.containers.values()) if (container.config.name === target && container.running && container.pids) return container.pids;
    return new ProcessTable(this.clock);
  }

  private startPause(): ProcessTable {
    const table = new ProcessTable(this.clock);
    const pause = table.spawn({ argv: ['/pause'], parent: 0, container: '', user: PAUSE_USER, onKill: () => this.onPauseEnd() });
    table.handle(pause.pid, (signal) => {
      if (signal !== 'SIGINT' && signal !== 'SIGTERM') return signal === 'SIGCHLD';
      table.exit(pause.pid, 0);
      this.onPauseEnd();
      return true;
    });
    return table;
  }
}
