import type { Node } from '../../api/types/core-v1.js';
import type { EndpointSlice } from '../../api/types/discovery-v1.js';
import type { Controller, ControllerContext, ReconcileResult } from '../../client/controller.js';
import { type Informer, splitKey } from '../../client/informer.js';
import { hasSelector, ServicePods } from '../endpoints/service-pods.js';
import { TriggerTimes } from '../endpoints/trigger-time.js';
import { CONTROLLER_NAME, MANAGED_BY, MANAGER, planSlices, SERVICE_NAME } from './plan.js';
import { SliceTracker } from './slice-tracker.js';
import { SLICES, writeSlices } from './slice-writer.js';

/** After somebody else has changed a slice; as kube-controller-manager waits. */
const REPAIR_DELAY_MS = 1000;
/** While the cache has not seen our last write. */
const STALE_MS = 10;

/** Keeps the EndpointSlices of Services with a selector (KEP-752). */
export function endpointSliceController(): Controller {
  return new EndpointSliceController();
}

/** Declares the index `manager`: slices by who manages them for which Service, as `MANAGER NAMESPACE/NAME`. */
export function indexSlices(slices: Informer<EndpointSlice>): void {
  slices.addIndex('manager', (slice) => [`${slice.metadata.labels?.[MANAGED_BY] ?? ''} ${ownerKey(slice)}`]);
}

/** The key of the Service that a slice is for. */
export function ownerKey({ metadata }: EndpointSlice): string {
  return `${metadata.namespace}/${metadata.labels?.[SERVICE_NAME] ?? ''}`;
}

class EndpointSliceController implements Controller {
  readonly name = CONTROLLER_NAME;
  readonly eventSource = 'endpoint-slice-controller';
  private context!: ControllerContext;
  private servicePods!: ServicePods;
  private slices!: Informer<EndpointSlice>;
  private nodes!: Informer<Node>;
  private tracker!: SliceTracker;
  private readonly triggerTimes = new TriggerTimes();

  setUp(context: ControllerContext): void {
    this.context = context;
    this.servicePods = new ServicePods(context);
    this.nodes = context.informers.for<Node>({ group: '', version: 'v1', resource: 'nodes' });
    this.slices = context.informers.for<EndpointSlice>(SLICES);
    this.tracker = new SliceTracker(this.slices);
    indexSlices(this.slices);
    const observe = (slice: EndpointSlice, gone: boolean): void => {
      const own = this.tracker.observe(ownerKey(slice), slice, gone);
      if (!own && isOurs(slice)) context.enqueueAfter(ownerKey(slice), REPAIR_DELAY_MS);
    };
    this.slices.addHandler({
      onAdd: (slice) => observe(slice, false),
      onUpdate: (slice, old) => {
        if (ownerKey(slice) !== ownerKey(old) || isOurs(slice) !== isOurs(old)) [slice, old].forEach((one) => context.enqueueAfter(ownerKey(one), REPAIR_DELAY_MS));
        observe(slice, false);
      },
      onDelete: (slice) => observe(slice, true),
    });
  }

  async reconcile(key: string): Promise<ReconcileResult | void> {
    const { name, namespace } = splitKey(key);
    const service = this.servicePods.services.get(name, namespace);
    if (!service) return this.forget(key);
    if (!hasSelector(service)) return;
    if (this.tracker.isStale(key)) return { requeueAfterMs: STALE_MS };
    const pods = this.servicePods.podsOf(service);
    const plan = planSlices({
      service,
      pods,
      slices: this.slices.byIndex('manager', `${MANAGER} ${key}`).filter(({ metadata }) => !metadata.deletionTimestamp),
      node: (nodeName) => this.nodes.get(nodeName),
      triggerTime: this.triggerTimes.next(key, service, pods),
    });
    await writeSlices(this.context.client, key, plan, this.tracker);
    const [skipped] = plan.skipped;
    if (skipped) throw new Error(`skipping Pod ${skipped.metadata.name} for Service ${key}: Node ${skipped.spec.nodeName} Not Found`);
  }

  /** The slices themselves go by the garbage collector. */
  private forget(key: string): void {
    this.triggerTimes.forget(key);
    this.tracker.forget(key);
    this.servicePods.forget(key);
  }
}

function isOurs({ metadata }: EndpointSlice): boolean {
  return metadata.labels?.[MANAGED_BY] === MANAGER;
}
