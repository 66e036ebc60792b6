import { labelMatcherOf } from '../../api/label-selector.js';
import type { ControllerRevision, DaemonSet } from '../../api/types/apps-v1.js';
import type { Node, Pod } from '../../api/types/core-v1.js';
import { deepEqual } from '../../base/freeze.js';
import type { Controller, ControllerContext, ReconcileResult } from '../../client/controller.js';
import { Expectations } from '../../client/expectations.js';
import { keyOf, splitKey, type Informer } from '../../client/informer.js';
import { claim } from '../shared/claim.js';
import { CONTROLLER_INDEX, controllerIndex, controllerOf, orphansOf } from '../shared/controller-ref.js';
import { REVISION_HASH_LABEL } from '../shared/history.js';
import { isNamespaceTerminating, PodControl, podFromTemplate } from '../shared/pod-control.js';
import { podOwnerEvents } from '../shared/pod-owner-events.js';
import { nextAvailabilityMs } from '../shared/pods.js';
import { CONTROLLER_REVISIONS, DAEMON_SETS, NODES, PODS } from '../shared/resources.js';
import { slowStart } from '../shared/slow-start.js';
import { updateStatus } from '../shared/update-status.js';
import { FailureBackoff } from './failure-backoff.js';
import { planNodes, planUpdate, statusOf, type Observed } from './plan.js';
import { nodeFit, targetNode, templateFor } from './pods.js';
import { syncHistory, truncateHistory } from './revisions.js';

/** Pods that are created or deleted in one round at most. */
const BURST_REPLICAS = 250;

/** Keeps one pod on each node that fits (https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/). */
export function daemonSetController(): Controller {
  return new DaemonSetController();
}

class DaemonSetController implements Controller {
  readonly name = 'daemonset-controller';
  private context!: ControllerContext;
  private expectations!: Expectations;
  private backoff!: FailureBackoff;
  private control!: PodControl;
  private daemonSets!: Informer<DaemonSet>;
  private pods!: Informer<Pod>;
  private nodes!: Informer<Node>;
  private revisions!: Informer<ControllerRevision>;

  setUp(context: ControllerContext): void {
    const { informers } = context;
    this.context = context;
    this.expectations = new Expectations(context.clock);
    this.backoff = new FailureBackoff(context.clock);
    this.control = new PodControl(context);
    this.daemonSets = informers.for<DaemonSet>(DAEMON_SETS);
    this.pods = informers.for<Pod>(PODS);
    this.nodes = informers.for<Node>(NODES);
    this.revisions = informers.for<ControllerRevision>(CONTROLLER_REVISIONS);
    this.pods.addIndex(CONTROLLER_INDEX, controllerIndex);
    this.revisions.addIndex(CONTROLLER_INDEX, controllerIndex);
    const wake = (daemonSet: DaemonSet): void => context.enqueue(keyOf(daemonSet));
    this.daemonSets.addHandler({
      onAdd: wake,
      onUpdate: wake,
      onDelete: (daemonSet) => {
        this.expectations.forget(keyOf(daemonSet));
        wake(daemonSet);
      },
    });
    this.pods.addHandler(
      podOwnerEvents({
        kind: 'DaemonSet',
        owners: this.daemonSets,
        selects: (owner, pod) => labelMatcherOf(owner.spec.selector).matches(pod.metadata.labels),
        enqueue: context.enqueue,
        onCreated: (key) => this.expectations.creationObserved(key),
        onDeleted: (key, pod) => this.expectations.deletionObserved(key, pod.metadata.uid as string),
      }),
    );
    const onRevision = (revision: ControllerRevision): void => {
      const reference = controllerOf(revision);
      if (reference?.kind === 'DaemonSet') context.enqueue(`${revision.metadata.namespace}/${reference.name}`);
    };
    this.revisions.addHandler({ onUpdate: onRevision, onDelete: onRevision });
    this.nodes.addHandler({ onAdd: (node) => this.nodeChanged(node), onUpdate: (node, old) => this.nodeChanged(node, old), onDelete: (node) => this.nodeChanged(undefined, node) });
  }

  async reconcile(key: string): Promise<ReconcileResult | void> {
    const { namespace, name } = splitKey(key);
    const daemonSet = this.daemonSets.get(name, namespace);
    if (!daemonSet) return this.expectations.forget(key);
    const { matchLabels, matchExpressions } = daemonSet.spec.selector;
    if (Object.keys(matchLabels ?? {}).length + (matchExpressions ?? []).length === 0) {
      this.context.events.record(daemonSet, 'Warning', 'SelectingAll', 'This daemon set is selecting all pods. A non-empty selector is required.');
      return undefined;
    }
    if (daemonSet.metadata.deletionTimestamp) return undefined;
    const { current, old } = await syncHistory(this.context, daemonSet, this.revisions, this.ownPods(daemonSet));
    const hash = current.metadata.labels?.[REVISION_HASH_LABEL] ?? '';
    if (!this.expectations.satisfied(key)) return this.writeStatus(daemonSet, hash, false);
    let failure: unknown;
    try {
      await this.manage(key, await this.observe(daemonSet, hash));
      if (this.expectations.satisfied(key) && daemonSet.spec.updateStrategy?.type === 'RollingUpdate') {
        const observed = await this.observe(daemonSet, hash);
        const plan = planUpdate(observed);
        await this.perform(key, observed, plan.create, plan.delete);
      }
      await truncateHistory(this.context, daemonSet, old, this.ownPods(daemonSet));
    } catch (error) {
      failure = error;
    }
    const result = await this.writeStatus(daemonSet, hash, true);
    if (failure !== undefined) throw failure as Error;
    return result;
  }

  private ownPods({ metadata }: DaemonSet): Pod[] {
    return this.pods.byIndex(CONTROLLER_INDEX, metadata.uid as string);
  }

  private async observe(daemonSet: DaemonSet, hash: string): Promise<Observed> {
    const { name, namespace } = daemonSet.metadata;
    const matcher = labelMatcherOf(daemonSet.spec.selector);
    const pods = await claim({
      owner: daemonSet,
      objects: [...this.ownPods(daemonSet), ...this.pods.byIndex(CONTROLLER_INDEX, orphansOf(namespace))],
      matches: ({ metadata }) => matcher.matches(metadata.labels),
      resource: this.context.client.resource<Pod>(PODS),
      freshOwner: () => this.context.client.resource(DAEMON_SETS).get(name, namespace),
    });
    const podsByNode = new Map<string, Pod[]>();
    for (const pod of pods) {
      const node = targetNode(pod);
      if (node === undefined) continue;
      const list = podsByNode.get(node);
      if (list) list.push(pod);
      else podsByNode.set(node, [pod]);
    }
    return { daemonSet, nodes: this.nodes.list(), podsByNode, hash, nowMs: this.context.clock.now() };
  }

  private async manage(key: string, observed: Observed): Promise<void> {
    const { daemonSet } = observed;
    const plan = planNodes(observed);
    const remove = [...plan.delete];
    for (const { pod, node } of plan.failed) {
      const waitMs = this.backoff.next(`${daemonSet.metadata.uid}/${daemonSet.status?.observedGeneration ?? 0}/${node}`);
      if (waitMs > 0) {
        this.context.enqueueAfter(key, waitMs);
        continue;
      }
      const { namespace, name } = pod.metadata;
      this.context.events.record(daemonSet, 'Warning', 'FailedDaemonPod', `Found failed daemon pod ${namespace}/${name} on node ${node}, will try to kill it`);
      remove.push(pod);
    }
    for (const pod of plan.succeeded) {
      const { namespace, name } = pod.metadata;
      this.context.events.record(daemonSet, 'Normal', 'SucceededDaemonPod', `Found succeeded daemon pod ${namespace}/${name} on node ${targetNode(pod)}, will try to delete it`);
      remove.push(pod);
    }
    await this.perform(key, observed, plan.create, remove);
  }

  private async perform(key: string, { daemonSet, hash }: Observed, create: readonly string[], remove: readonly Pod[]): Promise<void> {
    const nodes = create.slice(0, BURST_REPLICAS);
    const pods = remove.slice(0, BURST_REPLICAS);
    if (nodes.length + pods.length === 0) return;
    this.expectations.expect(key, nodes.length, pods.map(({ metadata }) => metadata.uid as string));
    const { succeeded, error } = await slowStart(nodes.length, async (i) => {
      try {
        await this.control.create(daemonSet, podFromTemplate(templateFor(daemonSet, hash, nodes[i] as string), daemonSet));
      } catch (failure) {
        if (!isNamespaceTerminating(failure)) throw failure;
      }
    });
    for (let skipped = nodes.length - succeeded; skipped > 0; skipped--) this.expectations.creationObserved(key);
    const deletions = await Promise.allSettled(pods.map((pod) => this.delete(key, daemonSet, pod)));
    const failed = deletions.find((deletion) => deletion.status === 'rejected');
    if (error !== undefined) throw error as Error;
    if (failed) throw failed.reason as Error;
  }

  private async delete(key: string, daemonSet: DaemonSet, pod: Pod): Promise<void> {
    try {
      if (!(await this.control.delete(daemonSet, pod))) this.expectations.deletionObserved(key, pod.metadata.uid as string);
    } catch (error) {
      this.expectations.deletionObserved(key, pod.metadata.uid as string);
      throw error;
    }
  }

  private async writeStatus(daemonSet: DaemonSet, hash: string, observedAll: boolean): Promise<ReconcileResult | void> {
    const observed = await this.observe(daemonSet, hash);
    const status = statusOf(observed, observedAll ? daemonSet.metadata.generation : daemonSet.status?.observedGeneration);
    if (!deepEqual(status, daemonSet.status)) await updateStatus(this.context.client.resource<DaemonSet>(DAEMON_SETS), daemonSet, status);
    const requeueAfterMs = nextAvailabilityMs([...observed.podsByNode.values()].flat(), daemonSet.spec.minReadySeconds ?? 0, observed.nowMs);
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
  }

  /** Heartbeats concern nobody: only what decides where daemons run. */
  private nodeChanged(node: Node | undefined, old?: Node): void {
    if (node && old && deepEqual(node.metadata.labels, old.metadata.labels) && deepEqual(node.spec.taints, old.spec.taints)) return;
    for (const daemonSet of this.daemonSets.list()) {
      const now = node && nodeFit(daemonSet, node);
      const before = old && nodeFit(daemonSet, old);
      if (!deepEqual(now, before)) this.context.enqueue(keyOf(daemonSet));
    }
  }
}
