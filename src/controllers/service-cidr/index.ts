import { formatTime, timeMs } from '../../api/time.js';
import type { Service } from '../../api/types/core-v1.js';
import type { ServiceCIDR } from '../../api/types/networking-v1.js';
import type { Controller, ControllerContext, ReconcileResult } from '../../client/controller.js';
import { keyOf, splitKey } from '../../client/informer.js';
import { planFinalizer } from '../shared/finalizers.js';
import { ignoring } from '../shared/ignoring.js';
import { mayGo, overlap } from './plan.js';

const NAME = 'service-cidr-controller';
const RANGES = { group: 'networking.k8s.io', version: 'v1', resource: 'servicecidrs' };
const SERVICES = { group: '', version: 'v1', resource: 'services' };
const FINALIZER = 'networking.k8s.io/service-cidr-finalizer';
/** After this everybody who gives out addresses knows that the range is on its way out. */
const GRACE_MS = 10_000;

const READY = { type: 'Ready', status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' };
const IN_USE = { type: 'Ready', status: 'False', reason: 'Terminating', message: 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR' };

/** Keeps ServiceCIDRs whose addresses are in use, and says of each that it is ready (KEP-1880). */
export function serviceCidrController(): Controller {
  let context: ControllerContext;
  const ranges = () => context.informers.for<ServiceCIDR>(RANGES);
  const services = () => context.informers.for<Service>(SERVICES);

  const setCondition = async (range: ServiceCIDR, wanted: typeof READY): Promise<void> => {
    const now = range.status?.conditions?.find(({ type }) => type === wanted.type);
    if (now?.status === wanted.status && now.reason === wanted.reason && now.message === wanted.message) return;
    const { name } = range.metadata;
    const body = { apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { name }, status: { conditions: [{ ...wanted, lastTransitionTime: formatTime(context.clock.now()) }] } };
    await context.client.resource(RANGES).patch({ name, subresource: 'status' }, { type: 'apply', body, force: true }, { fieldManager: NAME });
  };

  const setFinalizer = async (range: ServiceCIDR, inUse: boolean): Promise<void> => {
    const finalizers = planFinalizer(range, FINALIZER, inUse);
    if (!finalizers) return;
    const { name } = range.metadata;
    const metadata = range.metadata.deletionTimestamp ? { '$deleteFromPrimitiveList/finalizers': [FINALIZER] } : { finalizers: [FINALIZER] };
    await ignoring('NotFound', context.client.resource(RANGES).patch({ name }, { type: 'strategic', body: { metadata } }));
  };

  return {
    name: NAME,
    setUp(given) {
      context = given;
      const onRange = (range: ServiceCIDR): void => {
        context.enqueue(keyOf(range));
        for (const other of ranges().list()) if (overlap(range, other)) context.enqueue(keyOf(other));
      };
      ranges().addHandler({ onAdd: onRange, onUpdate: onRange, onDelete: onRange });
      // An address is free again: a range may have waited for that.
      const released = (): void => {
        for (const range of ranges().list()) if (range.metadata.deletionTimestamp) context.enqueue(keyOf(range));
      };
      services().addHandler({ onDelete: released });
    },
    async reconcile(key): Promise<ReconcileResult | void> {
      const range = ranges().get(splitKey(key).name);
      if (!range) return;
      const { deletionTimestamp } = range.metadata;
      if (!deletionTimestamp) {
        await setFinalizer(range, true);
        await setCondition(range, READY);
        return;
      }
      const addresses = services().list().flatMap(({ spec }) => (spec?.clusterIPs ?? []).filter((ip) => ip !== 'None'));
      if (!mayGo(range, ranges().list(), addresses)) {
        await setCondition(range, IN_USE);
        return;
      }
      const left = (timeMs(deletionTimestamp) ?? 0) + GRACE_MS - context.clock.now();
      if (left > 0) return { requeueAfterMs: left };
      await setFinalizer(range, false);
    },
  };
}
