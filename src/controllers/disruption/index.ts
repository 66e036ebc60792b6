import { ApiError } from '../../api/errors.js';
import { labelMatcherOf } from '../../api/label-selector.js';
import type { ResourceDirectory } from '../../api/served-resource.js';
import { formatTime, timeMs } from '../../api/time.js';
import type { Pod } from '../../api/types/core-v1.js';
import type { PodDisruptionBudget } from '../../api/types/policy-v1.js';
import { deepEqual } from '../../base/freeze.js';
import type { Controller, ControllerContext, ReconcileResult } from '../../client/controller.js';
import { keyOf, splitKey, type Informer } from '../../client/informer.js';
import { CONTROLLER_INDEX, controllerIndex } from '../shared/controller-ref.js';
import { messageOf } from '../shared/pod-control.js';
import { isPodFinished, isPodReady, podCondition } from '../shared/pods.js';
import { DEPLOYMENTS, DISRUPTION_BUDGETS, PODS, REPLICATION_CONTROLLERS, REPLICA_SETS, STATEFUL_SETS } from '../shared/resources.js';
import { disruptedOf, expectedOf, failedStatus, needsScale, selectorText, statusOf } from './plan.js';
import { Scales } from './scales.js';

const STALE = 'stale ';
/** A pod that was to be disrupted and lives on is taken off the list after so long. */
const STALE_MS = 2 * 60_000;

/** Works out how many pods may be evicted (https://kubernetes.io/docs/concepts/workloads/pods/disruptions/). */
export function disruptionController(directory: ResourceDirectory): Controller {
  return new DisruptionController(directory);
}

class DisruptionController implements Controller {
  readonly name = 'disruption-controller';
  readonly eventSource = 'controllermanager';
  private context!: ControllerContext;
  private budgets!: Informer<PodDisruptionBudget>;
  private pods!: Informer<Pod>;
  private scales!: Scales;

  constructor(private readonly directory: ResourceDirectory) {}

  setUp(context: ControllerContext): void {
    const { informers } = context;
    this.context = context;
    this.scales = new Scales(informers, this.directory);
    this.budgets = informers.for<PodDisruptionBudget>(DISRUPTION_BUDGETS);
    this.pods = informers.for<Pod>(PODS);
    this.budgets.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? '']);
    this.pods.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? '']);
    this.pods.addIndex(CONTROLLER_INDEX, controllerIndex);
    const wake = (budget: PodDisruptionBudget): void => context.enqueue(keyOf(budget));
    this.budgets.addHandler({ onAdd: wake, onUpdate: wake });
    this.pods.addHandler({
      onAdd: (pod) => this.podChanged(pod),
      onUpdate: (pod, old) => {
        if (concerns(pod, old)) this.podChanged(pod, old);
      },
      onDelete: (pod) => this.podChanged(pod),
    });
    // A new size of a workload is a new expectation of the budgets in its namespace.
    for (const target of [DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS, REPLICATION_CONTROLLERS]) {
      informers.for<PodDisruptionBudget & { spec: { replicas?: number } }>(target).addHandler({
        onUpdate: (owner, old) => {
          if (owner.spec.replicas !== old.spec.replicas) this.budgetsIn(owner.metadata.namespace).forEach(wake);
        },
      });
    }
  }

  async reconcile(key: string): Promise<ReconcileResult | void> {
    if (key.startsWith(STALE)) return this.clearStale(key.slice(STALE.length));
    const { namespace, name } = splitKey(key);
    const budget = this.budgets.get(name, namespace);
    if (!budget) return undefined;
    try {
      return await this.sync(budget);
    } catch (error) {
      if (error instanceof ApiError) throw error;
      // Once it cannot be known how many there should be, none may go.
      await this.write(budget, failedStatus(budget, messageOf(error), formatTime(this.context.clock.now())));
      return undefined;
    }
  }

  private async sync(budget: PodDisruptionBudget): Promise<ReconcileResult | void> {
    const { events } = this.context;
    const nowMs = this.context.clock.now();
    const matcher = labelMatcherOf(budget.spec.selector);
    const pods = this.pods.byIndex('namespace', budget.metadata.namespace ?? '').filter(({ metadata }) => matcher.matches(metadata.labels));
    if (pods.length === 0) events.record(budget, 'Normal', 'NoPods', 'No matching pods found');
    const disrupted = disruptedOf(budget, pods, nowMs);
    const scale = needsScale(budget) ? this.scaleOf(budget, pods) : 0;
    const { namespace } = budget.metadata;
    for (const pod of disrupted.overdue) events.record(pod, 'Warning', 'NotDeleted', `Pod was expected by PDB ${namespace}/${namespace} to be deleted but it wasn't`);
    const status = statusOf(budget, pods, expectedOf(budget, pods.length, scale), disrupted.pods, formatTime(nowMs));
    if (status) await this.write(budget, status);
    return disrupted.recheckMs === undefined ? undefined : { requeueAfterMs: disrupted.recheckMs + 1 };
  }

  private scaleOf(budget: PodDisruptionBudget, pods: readonly Pod[]): number {
    try {
      const { total, unmanaged } = this.scales.expected(pods);
      if (unmanaged.length > 0) {
        const found = `Pods selected by this PodDisruptionBudget (selector: ${selectorText(budget.spec.selector)}) were found to be unmanaged.`;
        const advice = 'To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.';
        const message = `${found} As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. ${advice}`;
        this.context.events.record(budget, 'Warning', 'UnmanagedPods', message);
      }
      return total;
    } catch (error) {
      this.context.events.record(budget, 'Warning', 'CalculateExpectedPodCountFailed', `Failed to calculate the number of expected pods: ${messageOf(error)}`);
      throw error;
    }
  }

  private async write(budget: PodDisruptionBudget, status: NonNullable<PodDisruptionBudget['status']>): Promise<void> {
    if (deepEqual(status, budget.status)) return;
    await this.context.client.resource<PodDisruptionBudget>(DISRUPTION_BUDGETS).updateSubresource({ ...budget, status }, 'status');
  }

  private budgetsIn(namespace: string | undefined): PodDisruptionBudget[] {
    return this.budgets.byIndex('namespace', namespace ?? '');
  }

  private podChanged(pod: Pod, old?: Pod): void {
    for (const budget of this.budgetsIn(pod.metadata.namespace)) {
      const matcher = labelMatcherOf(budget.spec.selector);
      if (matcher.matches(pod.metadata.labels) || (old && matcher.matches(old.metadata.labels))) this.context.enqueue(keyOf(budget));
    }
    const waitMs = this.staleAfter(pod);
    if (waitMs !== undefined) this.context.enqueueAfter(STALE + keyOf(pod), waitMs);
  }

  /** How long a mark of disruption still counts; undefined without one. */
  private staleAfter(pod: Pod): number | undefined {
    const condition = podCondition(pod, 'DisruptionTarget');
    if (pod.metadata.deletionTimestamp || condition?.status !== 'True' || condition.reason === 'TerminationByKubelet' || isPodFinished(pod)) return undefined;
    return Math.max(0, (timeMs(condition.lastTransitionTime) ?? 0) + STALE_MS - this.context.clock.now());
  }

  private async clearStale(key: string): Promise<ReconcileResult | void> {
    const { namespace, name } = splitKey(key);
    const pod = this.pods.get(name, namespace);
    const waitMs = pod && this.staleAfter(pod);
    if (!pod || waitMs === undefined) return undefined;
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const conditions = (pod.status?.conditions ?? []).map((condition) =>
      condition.type === 'DisruptionTarget'
        ? { type: 'DisruptionTarget', status: 'False', lastTransitionTime: formatTime(this.context.clock.now()), observedGeneration: pod.metadata.generation }
        : condition,
    );
    await this.context.client.resource<Pod>(PODS).updateSubresource({ ...pod, status: { ...pod.status, conditions } }, 'status');
    return undefined;
  }
}

/** Whether a change of a pod can change a budget. */
function concerns(pod: Pod, old: Pod): boolean {
  return (
    isPodReady(pod) !== isPodReady(old) ||
    pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    podCondition(pod, 'DisruptionTarget')?.status !== podCondition(old, 'DisruptionTarget')?.status ||
    !deepEqual(pod.metadata.labels, old.metadata.labels) ||
    !deepEqual(pod.metadata.ownerReferences, old.metadata.ownerReferences)
  );
}
