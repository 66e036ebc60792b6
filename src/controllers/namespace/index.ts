import { ApiError } from '../../api/errors.js';
import type { KubeObject } from '../../api/object.js';
import type { ResourceDirectory, ServedResource } from '../../api/served-resource.js';
import { formatTime, timeMs } from '../../api/time.js';
import type { Namespace } from '../../api/types/core-v1.js';
import { type Controller, type ControllerContext, NotYet, type ReconcileResult } from '../../client/controller.js';
import { keyOf, splitKey } from '../../client/informer.js';
import { ResourceMonitor } from '../shared/resource-monitor.js';
import { NAMESPACES } from '../shared/resources.js';
import { deletionConditions, type DeletionProgress } from './conditions.js';
import { deleteContent } from './content.js';

/** The finalizer in spec.finalizers that this controller answers for. */
const FINALIZER = 'kubernetes';
const REFRESH = 'refresh';
/** Requests that are on their way into the namespace when it is deleted get their end; Kubernetes waits for 5 s. */
const GRACE_MS = 500;

/**
 * Empties namespaces that were deleted, pods first (KEP-5080), and lets them go
 * (https://kubernetes.io/docs/tasks/administer-cluster/namespaces/#deleting-a-namespace).
 */
export function namespaceController(directory: ResourceDirectory): Controller {
  return new NamespaceController(directory);
}

class NamespaceController implements Controller {
  readonly name = 'namespace-controller';
  /** As --concurrent-namespace-syncs. */
  readonly workers = 10;
  private context!: ControllerContext;
  private monitor!: ResourceMonitor;
  /** Objects that namespaces wait for, by namespace and resource: the last one to go wakes us. */
  private readonly awaited = new Map<string, Map<ServedResource, number>>();

  constructor(private readonly directory: ResourceDirectory) {}

  setUp(context: ControllerContext): void {
    this.context = context;
    const onChange = (namespace: Namespace): void => {
      if (namespace.metadata.deletionTimestamp) context.enqueueAfter(keyOf(namespace), GRACE_MS);
    };
    context.informers.for<Namespace>(NAMESPACES).addHandler({
      onAdd: onChange,
      onUpdate: onChange,
      onDelete: ({ metadata }) => this.awaited.delete(metadata.name),
    });
    this.monitor = new ResourceMonitor(context, this.directory, (resource) => (resource.namespaced ? { onDelete: (object) => this.gone(resource, object) } : undefined));
    this.monitor.start(() => context.enqueue(REFRESH));
  }

  async stop(): Promise<void> {
    await this.monitor.stop();
  }

  async reconcile(key: string): Promise<ReconcileResult | void> {
    if (key === REFRESH) return this.monitor.refresh();
    const { name } = splitKey(key);
    const namespaces = this.context.client.resource<Namespace>(NAMESPACES);
    try {
      let namespace = await namespaces.get(name);
      if (!namespace.metadata.deletionTimestamp || (namespace.spec.finalizers ?? []).length === 0) return undefined;
      if (namespace.status?.phase !== 'Terminating') namespace = await namespaces.updateSubresource({ ...namespace, status: { ...namespace.status, phase: 'Terminating' } }, 'status');
      if (!namespace.spec.finalizers?.includes(FINALIZER)) return undefined;
      const { progress, estimateSeconds } = await this.deleteAll(namespace);
      namespace = await this.report(namespace, progress);
      if (progress.failures.length > 0) throw new NotYet(progress.failures.join(', '));
      if (estimateSeconds > 0) return { requeueAfterMs: (Math.floor(estimateSeconds / 2) + 1) * 1000 };
      const finalizers = namespace.spec.finalizers?.filter((finalizer) => finalizer !== FINALIZER).toSorted() ?? [];
      await namespaces.updateSubresource({ ...namespace, spec: { ...namespace.spec, finalizers } }, 'finalize');
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 404) throw error;
    }
    return undefined;
  }

  private async deleteAll({ metadata }: Namespace): Promise<{ progress: DeletionProgress; estimateSeconds: number }> {
    const deletedMs = timeMs(metadata.deletionTimestamp) ?? 0;
    const silentSeconds = (this.context.clock.now() - deletedMs) / 1000;
    const resources = this.directory.resources().filter(({ namespaced, preferred, verbs }) => namespaced && preferred && verbs.includes('delete'));
    const awaited = new Map<ServedResource, number>();
    this.awaited.set(metadata.name, awaited);
    const progress = { failures: [] as string[], remaining: new Map<string, number>(), finalizers: new Map<string, number>() };
    let estimateSeconds = 0;
    const empty = async (resource: ServedResource): Promise<void> => {
      const left = await deleteContent(this.context.client, resource, metadata.name, silentSeconds);
      estimateSeconds = Math.max(estimateSeconds, left.estimateSeconds);
      if (left.failure !== undefined) progress.failures.push(left.failure);
      if (left.count === 0) return;
      awaited.set(resource, left.count);
      progress.remaining.set(`${resource.resource}.${resource.group}`, left.count);
      for (const [name, count] of left.finalizers) progress.finalizers.set(name, (progress.finalizers.get(name) ?? 0) + count);
    };
    const pods = resources.find(({ group, resource }) => group === '' && resource === 'pods');
    if (pods) await empty(pods);
    // Whatever else there is may be what the pods need to end well.
    if (progress.remaining.size > 0) return { progress: { ...progress, remaining: undefined }, estimateSeconds };
    for (const resource of resources) if (resource !== pods) await empty(resource);
    return { progress, estimateSeconds };
  }

  private async report(namespace: Namespace, progress: DeletionProgress): Promise<Namespace> {
    const old = namespace.status?.conditions ?? [];
    const conditions = deletionConditions(old, progress, formatTime(this.context.clock.now()));
    if (conditions === old) return namespace;
    const status = { ...namespace.status, conditions: [...conditions] };
    return this.context.client.resource<Namespace>(NAMESPACES).updateSubresource({ ...namespace, status }, 'status');
  }

  private gone(resource: ServedResource, { metadata }: KubeObject): void {
    const namespace = metadata.namespace ?? '';
    const awaited = this.awaited.get(namespace);
    const count = awaited?.get(resource);
    if (!awaited || count === undefined) return;
    if (count > 1) {
      awaited.set(resource, count - 1);
      return;
    }
    awaited.delete(resource);
    this.context.enqueue(`/${namespace}`);
  }
}
