import type { Node, Pod } from '../api/types/core-v1.js';
import { addResources, podRequests, podScoringRequests, resourcesOf, type Resources, type ScoringRequests } from './resources.js';

/** A node with the pods that are on it, counted up for the plugins. */
export class NodeInfo {
  readonly pods = new Map<string, Pod>();
  readonly requested: Resources = new Map();
  /** As `requested`, with a share for containers that ask for nothing. */
  readonly scoring: ScoringRequests = { cpu: 0, memory: 0 };
  readonly allocatable: Resources;
  /** `IP/PROTOCOL/PORT` of host ports in use, with how many pods use each. */
  readonly hostPorts = new Map<string, number>();
  /** Sizes of the images that the node has, by each of their names. */
  readonly images: ReadonlyMap<string, number>;

  constructor(readonly node: Node) {
    this.allocatable = resourcesOf(node.status?.allocatable);
    this.images = new Map((node.status?.images ?? []).flatMap(({ names = [], sizeBytes = 0 }) => names.map((name) => [name, sizeBytes] as const)));
  }

  get name(): string {
    return this.node.metadata.name;
  }

  add(pod: Pod): void {
    this.pods.set(pod.metadata.uid ?? '', pod);
    addResources(this.requested, podRequests(pod));
    this.addScoring(pod, 1);
    for (const port of hostPortsOf(pod)) this.hostPorts.set(port, (this.hostPorts.get(port) ?? 0) + 1);
  }

  remove(pod: Pod): void {
    const known = this.pods.get(pod.metadata.uid ?? '');
    if (!known) return;
    this.pods.delete(pod.metadata.uid ?? '');
    addResources(this.requested, podRequests(known), -1);
    this.addScoring(known, -1);
    for (const port of hostPortsOf(known)) {
      const users = (this.hostPorts.get(port) ?? 1) - 1;
      if (users === 0) this.hostPorts.delete(port);
      else this.hostPorts.set(port, users);
    }
  }

  private addScoring(pod: Pod, sign: 1 | -1): void {
    const { cpu, memory } = podScoringRequests(pod);
    this.scoring.cpu += sign * cpu;
    this.scoring.memory += sign * memory;
  }

  /** The same pods on a node object that has changed. */
  withNode(node: Node): NodeInfo {
    const copy = new NodeInfo(node);
    for (const pod of this.pods.values()) copy.add(pod);
    return copy;
  }
}

/** Host ports of a pod as `IP/PROTOCOL/PORT`; 0.0.0.0 stands for all addresses. */
export function hostPortsOf(pod: Pod): string[] {
  const ports: string[] = [];
  for (const container of [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always')]) {
    for (const { hostIP, hostPort, protocol } of container.ports ?? []) if (hostPort) ports.push(`${hostIP || '0.0.0.0'}/${protocol ?? 'TCP'}/${hostPort}`);
  }
  return ports;
}
