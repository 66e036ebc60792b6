import type { GroupResource } from '../../api/gvk.js';
import type { KubeObject } from '../../api/object.js';
import { canonicalQuantity } from '../../api/quantity.js';
import type { Pod, ResourceQuota, Service } from '../../api/types/core-v1.js';
import { deepEqual } from '../../base/freeze.js';
import type { ResourceDirectory } from '../../api/served-resource.js';
import type { Controller, ControllerContext, ReconcileResult } from '../../client/controller.js';
import { type Informer, keyOf, splitKey } from '../../client/informer.js';
import { quotaEvaluator, quotaUsage } from '../../quota/index.js';

const QUOTAS = { group: '', version: 'v1', resource: 'resourcequotas' };
/** Full counts now and then, as kube-controller-manager's --resource-quota-sync-period. */
const RESYNC_MS = 300_000;
/** After objects were added: admission has counted them already, this is to be sure. */
const SETTLE_MS = 500;

/**
 * Counts what is there towards quotas, and so gives back what was deleted; what is created is counted by admission
 * (https://kubernetes.io/docs/concepts/policy/resource-quotas/).
 */
export function resourceQuotaController(resources: ResourceDirectory): Controller {
  return new ResourceQuotaController(resources);
}

class ResourceQuotaController implements Controller {
  readonly name = 'resourcequota-controller';
  private context!: ControllerContext;
  private quotas!: Informer<ResourceQuota>;
  /** Informers of what quotas limit, by GROUP/RESOURCE; begun when a quota first asks. */
  private readonly counted = new Map<string, Informer<KubeObject>>();

  constructor(private readonly resources: ResourceDirectory) {}

  setUp(context: ControllerContext): void {
    this.context = context;
    this.quotas = context.informers.for<ResourceQuota>(QUOTAS);
    this.quotas.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? '']);
    this.quotas.addHandler({
      onAdd: (quota) => context.enqueue(keyOf(quota)),
      onUpdate: (quota, old) => (deepEqual(quota.spec, old.spec) ? undefined : context.enqueue(keyOf(quota))),
    });
  }

  async reconcile(key: string): Promise<ReconcileResult | void> {
    const { name, namespace } = splitKey(key);
    const quota = this.quotas.get(name, namespace);
    if (!quota || quota.metadata.deletionTimestamp) return;
    await this.watch(quota);
    const list = (resource: GroupResource): readonly KubeObject[] | undefined => this.counted.get(nameOf(resource))?.byIndex('namespace', namespace);
    const usage = quotaUsage(quota, list, this.context.clock.now());
    const hard = quota.spec.hard ?? {};
    // What nothing can count keeps the usage that it had.
    const names = Object.keys(hard).filter((resource) => usage[resource] !== undefined || quota.status?.used?.[resource] !== undefined);
    const used = Object.fromEntries(names.map((resource) => [resource, canonicalQuantity(String(usage[resource] ?? quota.status?.used?.[resource]))]));
    if (!deepEqual(quota.status?.hard, hard) || !deepEqual(quota.status?.used ?? {}, used)) {
      await this.context.client.resource<ResourceQuota>(QUOTAS).updateSubresource({ ...quota, status: { hard, used } }, 'status');
    }
    return { requeueAfterMs: RESYNC_MS };
  }

  /** Begins to watch what a quota limits. */
  private async watch({ spec }: ResourceQuota): Promise<void> {
    const names = Object.keys(spec.hard ?? {});
    for (const { group, version, resource, namespaced, preferred, verbs } of this.resources.resources()) {
      if (!namespaced || !preferred || !verbs.includes('watch') || this.counted.has(nameOf({ group, resource }))) continue;
      const evaluator = quotaEvaluator({ group, resource });
      if (!evaluator || !names.some((name) => evaluator.covers(name))) continue;
      const informer = this.context.informers.for<KubeObject>({ group, version, resource });
      informer.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? '']);
      this.counted.set(nameOf({ group, resource }), informer);
      await informer.synced;
      const recount = ({ metadata }: KubeObject, delayMs: number): void => {
        for (const quota of this.quotas.byIndex('namespace', metadata.namespace ?? '')) {
          if (Object.keys(quota.spec.hard ?? {}).some((name) => evaluator.covers(name))) this.context.enqueueAfter(keyOf(quota), delayMs);
        }
      };
      informer.addHandler({
        onAdd: (object) => recount(object, SETTLE_MS),
        onUpdate: (object, old) => (costsAnother(object, old) ? recount(object, 0) : undefined),
        onDelete: (object) => recount(object, 0),
      });
    }
  }
}

/** Whether a change of an object can change what it counts for: most that happens to pods does not. */
function costsAnother(object: KubeObject, old: KubeObject): boolean {
  if (object.kind === 'Pod') {
    const [pod, before] = [object as Pod, old as Pod];
    return pod.status?.phase !== before.status?.phase || pod.metadata.deletionTimestamp !== before.metadata.deletionTimestamp || !deepEqual(pod.spec, before.spec);
  }
  if (object.kind === 'Service' || object.kind === 'PersistentVolumeClaim') return !deepEqual((object as Service).spec, (old as Service).spec) || !deepEqual((object as Service).status, (old as Service).status);
  return false;
}

function nameOf({ group, resource }: GroupResource): string {
  return `${group}/${resource}`;
}
