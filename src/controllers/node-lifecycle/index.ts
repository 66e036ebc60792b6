import type { Lease } from '../../api/types/coordination-v1.js';
import type { Node, Pod } from '../../api/types/core-v1.js';
import { ApiError } from '../../api/errors.js';
import { formatTime, timeMs } from '../../api/time.js';
import { deepEqual } from '../../base/freeze.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { splitKey } from '../../client/informer.js';
import { podConditionPatch } from '../shared/pod-status-patch.js';
import { unknownConditions, wantedTaints } from './plan.js';

/** kube-controller-manager's --node-monitor-grace-period. */
export const NODE_MONITOR_GRACE_MS = 50_000;
/** Its --node-startup-grace-period: for nodes that have never said whether they are Ready. */
const NODE_STARTUP_GRACE_MS = 60_000;

const NODES = { group: '', version: 'v1', resource: 'nodes' };
const PODS = { group: '', version: 'v1', resource: 'pods' };
const LEASES = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' };

/**
 * Watches over nodes: one that has not been heard of becomes Unknown and its pods are not ready any more, conditions become
 * taints (https://kubernetes.io/docs/concepts/architecture/nodes/#node-controller). A node that says itself that it is not
 * Ready keeps its pods as they are: their kubelet is alive and tells.
 */
export function nodeLifecycleController(graceMs = NODE_MONITOR_GRACE_MS): Controller {
  return new NodeLifecycle(graceMs);
}

class NodeLifecycle implements Controller {
  readonly name = 'node-lifecycle-controller';
  readonly eventSource = 'node-controller';
  private context!: ControllerContext;
  /** When we last heard of a node, by our own clock: nodes' clocks may differ from ours. */
  private readonly heard = new Map<string, { readonly sign: string; readonly at: number }>();
  private readonly registered = new Set<string>();
  /** Nodes that became Unknown and whose pods have not all been told yet. */
  private readonly lost = new Set<string>();

  constructor(private readonly graceMs: number) {}

  setUp(context: ControllerContext): void {
    this.context = context;
    context.informers.for<Node>(NODES).addHandler({
      onAdd: ({ metadata }) => context.enqueue(`/${metadata.name}`),
      onUpdate: ({ metadata }) => context.enqueue(`/${metadata.name}`),
      onDelete: (node) => this.forget(node),
    });
    context.informers.for<Pod>(PODS).addIndex('nodeName', ({ spec }) => (spec.nodeName ? [spec.nodeName] : []));
    const onLease = ({ metadata }: Lease): void => {
      if (metadata.namespace === 'kube-node-lease') context.enqueue(`/${metadata.name}`);
    };
    context.informers.for<Lease>(LEASES).addHandler({ onAdd: onLease, onUpdate: onLease });
  }

  async reconcile(key: string): Promise<{ requeueAfterMs: number } | void> {
    const { name } = splitKey(key);
    let node = this.context.informers.for<Node>(NODES).get(name);
    if (!node) return;
    this.register(node);
    const silentMs = this.silence(node);
    const graceMs = readyStatus(node) === undefined ? NODE_STARTUP_GRACE_MS : this.graceMs;
    if (silentMs >= graceMs) node = await this.markUnknown(node);
    await this.setTaints(node);
    if (this.lost.has(name)) {
      if (readyStatus(node) !== 'True') await this.markPodsNotReady(node);
      this.lost.delete(name);
    }
    // Looked at again when it could have been silent for too long; while it is heard of, that never comes to anything.
    return silentMs >= graceMs ? undefined : { requeueAfterMs: graceMs - silentMs };
  }

  private register(node: Node): void {
    const { name } = node.metadata;
    if (this.registered.has(name)) return;
    this.registered.add(name);
    // Whoever ran before us may have been stopped before all pods were told.
    if (readyStatus(node) === 'Unknown') this.lost.add(name);
    this.context.events.record(referenceTo(node), 'Normal', 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
  }

  private forget(node: Node): void {
    const { name } = node.metadata;
    this.heard.delete(name);
    this.lost.delete(name);
    if (this.registered.delete(name)) this.context.events.record(referenceTo(node), 'Normal', 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`);
  }

  /** For how long nothing has been heard of a node. */
  private silence(node: Node): number {
    const { clock, informers } = this.context;
    const lease = informers.for<Lease>(LEASES).get(node.metadata.name, 'kube-node-lease');
    const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
    const sign = `${lease?.spec.renewTime ?? ''} ${ready?.status === 'Unknown' ? '' : (ready?.lastHeartbeatTime ?? '')}`;
    const known = this.heard.get(node.metadata.name);
    const now = clock.now();
    if (known?.sign === sign) return now - known.at;
    // The first we hear after a start of our own is as old as it says.
    const said = timeMs(lease?.spec.renewTime ?? ready?.lastHeartbeatTime ?? node.metadata.creationTimestamp) ?? now;
    const at = known || ready?.status === 'Unknown' ? now : Math.min(said, now);
    this.heard.set(node.metadata.name, { sign, at });
    return now - at;
  }

  private async markUnknown(node: Node): Promise<Node> {
    const { client, clock, events } = this.context;
    const conditions = unknownConditions(node, formatTime(clock.now()));
    if (deepEqual(conditions, node.status?.conditions)) return node;
    const updated = await client.resource<Node>(NODES).patch({ name: node.metadata.name, subresource: 'status' }, { type: 'strategic', body: { status: { conditions } } });
    if (readyStatus(node) === 'True') {
      this.lost.add(node.metadata.name);
      events.record(referenceTo(node), 'Normal', 'NodeNotReady', `Node ${node.metadata.name} status is now: NodeNotReady`);
    }
    return updated;
  }

  private async setTaints(node: Node): Promise<void> {
    const { client, clock } = this.context;
    const taints = wantedTaints(node, formatTime(clock.now()));
    if (deepEqual(taints, node.spec.taints ?? [])) return;
    const body = { metadata: { resourceVersion: node.metadata.resourceVersion }, spec: { taints: taints.length > 0 ? taints : null } };
    await client.resource<Node>(NODES).patch({ name: node.metadata.name }, { type: 'merge', body });
  }

  private async markPodsNotReady(node: Node): Promise<void> {
    const { client, clock, events, informers } = this.context;
    for (const pod of informers.for<Pod>(PODS).byIndex('nodeName', node.metadata.name)) {
      const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
      if (ready?.status !== 'True') continue;
      const condition = { ...ready, status: 'False', lastTransitionTime: formatTime(clock.now()) };
      const { name, namespace } = pod.metadata;
      try {
        await client.resource<Pod>(PODS).patch({ name, namespace, subresource: 'status' }, { type: 'strategic', body: podConditionPatch(pod, condition) });
        events.record(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== 404) throw error;
      }
    }
  }
}

function referenceTo({ metadata: { name, uid } }: Node): { apiVersion: string; kind: string; name: string; uid: string | undefined } {
  return { apiVersion: 'v1', kind: 'Node', name, uid };
}

function readyStatus(node: Node): string | undefined {
  return node.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
}
