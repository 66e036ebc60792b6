import type { Container, Pod } from '../../api/types/core-v1.js';
import { podEvent, type KubeletContext } from '../kubelet-context.js';
import { containerFieldPath } from '../pods/pod-helpers.js';
import type { RuntimeContainerStatus } from '../runtime.js';
import type { ProbeResults } from '../status/container-statuses.js';
import type { ProbeVerdicts } from '../sync/plan.js';
import { ContainerProbes, hasProbes, type Verdict } from './container-probes.js';

/** The probes of a pod's running containers, by container id. */
export class PodProbes implements ProbeResults, ProbeVerdicts {
  private readonly containers = new Map<string, ContainerProbes>();
  private readonly fresh = new Set<string>();

  constructor(
    private readonly context: KubeletContext,
    private readonly pod: () => Pod,
    /** A verdict has changed; `critical` when a container must be restarted or the next may start. */
    private readonly onChange: (critical: boolean) => void,
  ) {}

  /** Takes on a container that has just started; `begin` starts probing it. */
  add(container: Container, id: string): void {
    if (!hasProbes(container)) return;
    const { context } = this;
    const status = context.runtime.containerStatus(id);
    const podIp = context.runtime.podSandbox(status?.sandbox ?? '')?.ip ?? '';
    const fieldPath = containerFieldPath(this.pod(), container.name);
    this.containers.set(id, new ContainerProbes({
      target: { container, containerId: id, podIp, from: context.nodeIp },
      means: context,
      startedAt: status?.startedAt ?? context.clock.now(),
      onVerdict: (kind) => this.onChange(kind !== 'readiness'),
      report: (reason, message) => podEvent(context, this.pod(), 'Warning', reason, message, fieldPath),
    }));
    this.fresh.add(id);
  }

  /** Whether `begin` has something to start. */
  get waiting(): boolean {
    return this.fresh.size > 0;
  }

  /** Starts the probes of new containers: once the world has seen that they run. */
  begin(): void {
    for (const id of this.fresh) this.containers.get(id)?.start();
    this.fresh.clear();
  }

  /** The container has ended. */
  forget(id: string): void {
    this.containers.get(id)?.stop();
    this.containers.delete(id);
    this.fresh.delete(id);
  }

  /** Drops the probes of containers that no longer run. */
  prune(): void {
    for (const id of this.containers.keys()) if (this.context.runtime.containerStatus(id)?.state !== 'running') this.forget(id);
  }

  stopLivenessAndStartup(): void {
    for (const probes of this.containers.values()) probes.stopLivenessAndStartup();
  }

  stop(): void {
    for (const id of this.containers.keys()) this.forget(id);
  }

  started(_container: Container, { id }: RuntimeContainerStatus): boolean {
    return this.verdict(id, 'startup') === 'success';
  }

  ready(_container: Container, { id }: RuntimeContainerStatus): boolean {
    return this.verdict(id, 'readiness') === 'success';
  }

  liveness(id: string): Verdict {
    return this.verdict(id, 'liveness');
  }

  startup(id: string): Verdict {
    return this.verdict(id, 'startup');
  }

  private verdict(id: string, kind: 'startup' | 'liveness' | 'readiness'): Verdict {
    return this.containers.get(id)?.verdict(kind) ?? 'success';
  }
}
