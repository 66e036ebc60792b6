import { ApiError } from '../../api/errors.js';
import { formatTime } from '../../api/time.js';
import type { Node, Pod, PodCondition } from '../../api/types/core-v1.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { keyOf, splitKey, type Informer } from '../../client/informer.js';
import { podConditionPatch } from '../shared/pod-status-patch.js';
import { isPodFinished } from '../shared/pods.js';
import { NODES, PODS } from '../shared/resources.js';

/** As --terminated-pod-gc-threshold. */
export const TERMINATED_POD_THRESHOLD = 12_500;
/** A node that is gone may come back under its name: its pods are left alone for so long. */
const QUARANTINE_MS = 40_000;
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';
const TERMINATED = 'terminated';
const NODE = 'node/';
const POD = 'pod/';

/** Removes pods that nobody else will (k8s.io/kubernetes/pkg/controller/podgc), driven by events instead of a period. */
export function podGarbageCollector(threshold = TERMINATED_POD_THRESHOLD): Controller {
  return new PodGarbageCollector(threshold);
}

class PodGarbageCollector implements Controller {
  readonly name = 'pod-garbage-collector-controller';
  private context!: ControllerContext;
  private pods!: Informer<Pod>;
  private nodes!: Informer<Node>;
  private terminated = 0;

  constructor(private readonly threshold: number) {}

  setUp(context: ControllerContext): void {
    this.context = context;
    this.pods = context.informers.for<Pod>(PODS);
    this.nodes = context.informers.for<Node>(NODES);
    this.pods.addIndex('nodeName', ({ spec }) => (spec.nodeName ? [spec.nodeName] : []));
    this.pods.addHandler({
      onAdd: (pod) => this.changed(pod, false),
      onUpdate: (pod, old) => this.changed(pod, isPodFinished(old)),
      onDelete: (pod) => {
        if (isPodFinished(pod)) this.terminated--;
      },
    });
    this.nodes.addHandler({
      onAdd: ({ metadata, spec }) => this.checkOutOfService(metadata.name, spec.taints),
      onUpdate: ({ metadata, spec }) => this.checkOutOfService(metadata.name, spec.taints),
      onDelete: ({ metadata }) => context.enqueueAfter(NODE + metadata.name, QUARANTINE_MS),
    });
  }

  async reconcile(key: string): Promise<void> {
    if (key === TERMINATED) return this.collectTerminated();
    if (key.startsWith(NODE)) return this.collectOrphans(key.slice(NODE.length));
    const { namespace, name } = splitKey(key.slice(POD.length));
    const pod = this.pods.get(name, namespace);
    if (!pod?.metadata.deletionTimestamp) return;
    if (!pod.spec.nodeName || this.isOutOfService(pod.spec.nodeName)) await this.failAndDelete(pod);
  }

  private changed(pod: Pod, wasFinished: boolean): void {
    if (isPodFinished(pod) && !wasFinished) this.terminated++;
    if (!isPodFinished(pod) && wasFinished) this.terminated--;
    if (this.threshold > 0 && this.terminated > this.threshold) this.context.enqueue(TERMINATED);
    const { nodeName } = pod.spec;
    if (nodeName && !this.nodes.get(nodeName)) this.context.enqueueAfter(NODE + nodeName, QUARANTINE_MS);
    if (pod.metadata.deletionTimestamp && (!nodeName || this.isOutOfService(nodeName))) this.context.enqueue(POD + keyOf(pod));
  }

  private checkOutOfService(name: string, taints: Node['spec']['taints']): void {
    if (!taints?.some(({ key }) => key === OUT_OF_SERVICE)) return;
    for (const pod of this.pods.byIndex('nodeName', name)) if (pod.metadata.deletionTimestamp) this.context.enqueue(POD + keyOf(pod));
  }

  private isOutOfService(name: string): boolean {
    const node = this.nodes.get(name);
    const ready = node?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    return node !== undefined && !ready && (node.spec.taints?.some(({ key }) => key === OUT_OF_SERVICE) ?? false);
  }

  private async collectTerminated(): Promise<void> {
    const finished = this.pods.list().filter(isPodFinished);
    const surplus = finished.length - this.threshold;
    if (surplus <= 0) return;
    const evicted = ({ status }: Pod): number => (status?.reason === 'Evicted' ? 0 : 1);
    const createdAt = ({ metadata }: Pod): string => metadata.creationTimestamp ?? '';
    const sorted = finished.toSorted((a, b) => evicted(a) - evicted(b) || (createdAt(a) < createdAt(b) ? -1 : createdAt(a) > createdAt(b) ? 1 : a.metadata.name < b.metadata.name ? -1 : 1));
    for (const pod of sorted.slice(0, surplus)) await this.failAndDelete(pod);
  }

  private async collectOrphans(nodeName: string): Promise<void> {
    const pods = this.pods.byIndex('nodeName', nodeName);
    if (pods.length === 0 || this.nodes.get(nodeName)) return;
    try {
      await this.context.client.resource(NODES).get(nodeName);
      return;
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 404) throw error;
    }
    for (const pod of pods) {
      await this.failAndDelete(pod, {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByPodGC',
        message: 'PodGC: node no longer exists',
        lastTransitionTime: formatTime(this.context.clock.now()),
        observedGeneration: pod.metadata.generation,
      });
    }
  }

  /** Nobody is there to end the pod in order: it has failed, and goes at once. */
  private async failAndDelete(pod: Pod, condition?: PodCondition): Promise<void> {
    const { name, namespace, uid, generation } = pod.metadata;
    const pods = this.context.client.resource<Pod>(PODS);
    try {
      if (!isPodFinished(pod)) {
        const status = { phase: 'Failed', observedGeneration: generation };
        const body = condition ? podConditionPatch(pod, condition, status) : { metadata: { uid }, status };
        await pods.patch({ name, namespace, subresource: 'status' }, { type: 'strategic', body });
      }
      await pods.delete({ name, namespace }, { gracePeriodSeconds: 0 });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 404) throw error;
    }
  }
}
