import { labelMatcherOf } from '../../api/label-selector.js';
import type { Deployment, ReplicaSet } from '../../api/types/apps-v1.js';
import type { Pod } from '../../api/types/core-v1.js';
import { deepEqual } from '../../base/freeze.js';
import type { Controller, ControllerContext, ReconcileResult } from '../../client/controller.js';
import { keyOf, splitKey, type Informer } from '../../client/informer.js';
import { claim } from '../shared/claim.js';
import { CONTROLLER_INDEX, controllerIndex, controllerOf, orphansOf } from '../shared/controller-ref.js';
import { DEPLOYMENTS, PODS, REPLICA_SETS } from '../shared/resources.js';
import { Rollout } from './rollout.js';

/** Rolls pods from one template to the next (https://kubernetes.io/docs/concepts/workloads/controllers/deployment/). */
export function deploymentController(): Controller {
  return new DeploymentController();
}

class DeploymentController implements Controller {
  readonly name = 'deployment-controller';
  private context!: ControllerContext;
  private deployments!: Informer<Deployment>;
  private replicaSets!: Informer<ReplicaSet>;
  private pods!: Informer<Pod>;

  setUp(context: ControllerContext): void {
    this.context = context;
    this.deployments = context.informers.for<Deployment>(DEPLOYMENTS);
    this.replicaSets = context.informers.for<ReplicaSet>(REPLICA_SETS);
    this.pods = context.informers.for<Pod>(PODS);
    this.deployments.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? '']);
    this.replicaSets.addIndex(CONTROLLER_INDEX, controllerIndex);
    this.pods.addIndex(CONTROLLER_INDEX, controllerIndex);
    const wake = (deployment: Deployment): void => context.enqueue(keyOf(deployment));
    this.deployments.addHandler({ onAdd: wake, onUpdate: wake, onDelete: wake });
    this.replicaSets.addHandler({
      onAdd: (replicaSet) => this.wakeOwner(replicaSet, true),
      onUpdate: (replicaSet, old) => {
        const moved = !deepEqual(controllerOf(replicaSet), controllerOf(old));
        if (moved) this.wakeOwner(old, false);
        this.wakeOwner(replicaSet, moved || !deepEqual(replicaSet.metadata.labels, old.metadata.labels));
      },
      onDelete: (replicaSet) => this.wakeOwner(replicaSet, false),
    });
    this.pods.addHandler({ onDelete: (pod) => this.podGone(pod) });
  }

  async reconcile(key: string): Promise<ReconcileResult | void> {
    const { namespace, name } = splitKey(key);
    const deployment = this.deployments.get(name, namespace);
    if (!deployment) return undefined;
    if (selectsAll(deployment)) {
      this.context.events.record(deployment, 'Warning', 'SelectingAll', 'This deployment is selecting all pods. A non-empty selector is required.');
      return undefined;
    }
    const replicaSets = await this.claim(deployment);
    return new Rollout(this.context, deployment, replicaSets, ({ metadata }) => this.pods.byIndex(CONTROLLER_INDEX, metadata.uid as string)).run();
  }

  private claim(deployment: Deployment): Promise<ReplicaSet[]> {
    const { name, namespace, uid } = deployment.metadata;
    const matcher = labelMatcherOf(deployment.spec.selector);
    return claim({
      owner: deployment,
      objects: [...this.replicaSets.byIndex(CONTROLLER_INDEX, uid as string), ...this.replicaSets.byIndex(CONTROLLER_INDEX, orphansOf(namespace))],
      matches: ({ metadata }) => matcher.matches(metadata.labels),
      resource: this.context.client.resource<ReplicaSet>(REPLICA_SETS),
      freshOwner: () => this.context.client.resource(DEPLOYMENTS).get(name, namespace),
    });
  }

  private ownerOf(replicaSet: ReplicaSet): Deployment | undefined {
    const reference = controllerOf(replicaSet);
    if (reference?.kind !== 'Deployment') return undefined;
    const deployment = this.deployments.get(reference.name, replicaSet.metadata.namespace);
    return deployment?.metadata.uid === reference.uid ? deployment : undefined;
  }

  private wakeOwner(replicaSet: ReplicaSet, adoptable: boolean): void {
    const owner = this.ownerOf(replicaSet);
    if (owner) this.context.enqueue(keyOf(owner));
    if (controllerOf(replicaSet) || !adoptable || replicaSet.metadata.deletionTimestamp) return;
    for (const deployment of this.deployments.byIndex('namespace', replicaSet.metadata.namespace ?? '')) {
      if (!selectsAll(deployment) && labelMatcherOf(deployment.spec.selector).matches(replicaSet.metadata.labels)) this.context.enqueue(keyOf(deployment));
    }
  }

  /** A Deployment that recreates goes on when its last old pod is gone. */
  private podGone(pod: Pod): void {
    const reference = controllerOf(pod);
    if (reference?.kind !== 'ReplicaSet') return;
    const replicaSet = this.replicaSets.get(reference.name, pod.metadata.namespace);
    const deployment = replicaSet && this.ownerOf(replicaSet);
    if (deployment?.spec.strategy?.type === 'Recreate') this.context.enqueue(keyOf(deployment));
  }
}

function selectsAll({ spec }: Deployment): boolean {
  return Object.keys(spec.selector.matchLabels ?? {}).length === 0 && (spec.selector.matchExpressions ?? []).length === 0;
}
