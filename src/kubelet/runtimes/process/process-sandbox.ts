import type { Duplex } from 'node:stream';
import type { PodSandbox, PodSandboxConfig } from '../../runtime.js';
import { resolvConf } from '../common/resolv-conf.js';
import type { IsolatedSandbox } from './isolation.js';
import type { ProcessContainer } from './process-container.js';

/** A pod's sandbox: its pause process with the namespaces, its address, its containers. */
export class ProcessSandbox {
  readonly containers = new Map<string, ProcessContainer>();
  state: PodSandbox['state'] = 'ready';

  constructor(
    readonly id: string,
    readonly config: PodSandboxConfig,
    readonly isolated: IsolatedSandbox,
    private readonly createdAt: number,
  ) {}

  status(): PodSandbox {
    return { id: this.id, podUid: this.config.podUid, ip: this.isolated.ip, state: this.state, createdAt: this.createdAt };
  }

  connectLocal(port: number): Promise<Duplex> {
    return this.isolated.connectLocal(port);
  }

  /** The files that the kubelet manages in each container's /etc. */
  get files(): Readonly<Record<'hosts' | 'hostname' | 'resolv.conf', string>> {
    const { hostname, hosts, dns } = this.config;
    return { hosts: hosts(this.isolated.ip), hostname: `${hostname}\n`, 'resolv.conf': resolvConf(dns) };
  }
}
