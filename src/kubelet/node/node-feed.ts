import type { Node, Pod } from '../../api/types/core-v1.js';
import type { Informer } from '../../client/informer.js';
import type { Informers } from '../../client/informers.js';

/** What a node is told: of its own object and of the pods that are bound to it, of nothing else. */
export interface NodeListener {
  onPod(pod: Pod): void;
  onPodGone(pod: Pod): void;
  onNode(node: Node): void;
}

const BY_NODE = 'nodeName';

/**
 * Brings each change of a pod or node to the one node that it concerns, as the field selectors of real kubelets' watches
 * do. One for all nodes of a cluster: 1,000 handlers would each look at every pod of all the others.
 */
export class NodeFeed {
  private readonly podInformer: Informer<Pod>;
  private readonly nodeInformer: Informer<Node>;
  private readonly listeners = new Map<string, NodeListener>();
  private observing = false;

  constructor(informers: Informers) {
    this.podInformer = informers.for<Pod>({ group: '', version: 'v1', resource: 'pods' });
    this.nodeInformer = informers.for<Node>({ group: '', version: 'v1', resource: 'nodes' });
  }

  /** Resolves once all pods are known. */
  get synced(): Promise<void> {
    return this.podInformer.synced;
  }

  /** Tells `listener` of what is there for the node, and from then on of what changes. */
  join(name: string, listener: NodeListener): void {
    this.observe();
    this.listeners.set(name, listener);
    for (const pod of this.pods(name)) listener.onPod(pod);
    const node = this.nodeInformer.get(name);
    if (node) listener.onNode(node);
  }

  /** The pods that are bound to a node. */
  pods(name: string): Pod[] {
    this.observe();
    return this.podInformer.byIndex(BY_NODE, name);
  }

  private observe(): void {
    if (this.observing) return;
    this.observing = true;
    this.podInformer.addIndex(BY_NODE, ({ spec }) => (spec.nodeName ? [spec.nodeName] : []));
    const onPod = (pod: Pod): void => this.listenerOf(pod)?.onPod(pod);
    this.podInformer.addHandler({ onAdd: onPod, onUpdate: onPod, onDelete: (pod) => this.listenerOf(pod)?.onPodGone(pod) });
    const onNode = (node: Node): void => this.listeners.get(node.metadata.name)?.onNode(node);
    this.nodeInformer.addHandler({ onAdd: onNode, onUpdate: onNode });
  }

  private listenerOf({ spec: { nodeName } }: Pod): NodeListener | undefined {
    return nodeName ? this.listeners.get(nodeName) : undefined;
  }
}
