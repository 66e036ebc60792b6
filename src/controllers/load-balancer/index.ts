import { ApiError } from '../../api/errors.js';
import type { ClusterNetwork } from '../../api/streams.js';
import type { Service } from '../../api/types/core-v1.js';
import { deepEqual } from '../../base/freeze.js';
import type { Controller, ControllerContext, ReconcileResult } from '../../client/controller.js';
import { splitKey } from '../../client/informer.js';
import { ListenError } from '../shared/listen-error.js';
import { Listeners } from './listeners.js';
import { isBalanced, planListeners, type ListenerSpec } from './plan.js';

const SERVICES = { group: '', version: 'v1', resource: 'services' };
/** What a balanced Service's status says: as Docker Desktop's Kubernetes, it is found on localhost. */
const INGRESS = [{ hostname: 'localhost' }];
/** A port that is in use is tried again after 5 s, then ever more seldom. */
const FIRST_RETRY_MS = 5000;
const MAX_RETRY_MS = 300_000;

/**
 * The load balancer of a cluster without a cloud: a real listener on localhost for each port of a Service of type
 * LoadBalancer, and for node ports where they are free. Events and status are those of cloud-provider's service controller.
 */
export function loadBalancerController(network: ClusterNetwork): Controller {
  let context: ControllerContext;
  const listeners = new Listeners(network);
  /** Which Service has which port, by port. */
  const owners = new Map<number, string>();
  const retries = new Map<string, number>();
  /** Node ports that are not to be had on localhost, with the Services that want them. */
  const unavailable = new Map<number, string>();

  const release = async (key: string, keep: ReadonlySet<number>): Promise<void> => {
    const ports = [...owners].filter(([port, owner]) => owner === key && !keep.has(port)).map(([port]) => port);
    for (const port of ports) owners.delete(port);
    await Promise.all(ports.map((port) => listeners.close(port)));
    // Somebody may be waiting for just this port.
    if (ports.length > 0) for (const waiting of retries.keys()) if (waiting !== key) context.enqueue(waiting);
  };

  const listen = async (key: string, ip: string, { port, servicePort }: ListenerSpec): Promise<void> => {
    const owner = owners.get(port);
    if (owner !== undefined && owner !== key) throw new ListenError(port, 'EADDRINUSE');
    await listeners.listen(port, { ip, port: servicePort });
    owners.set(port, key);
  };

  const writeStatus = async (service: Service, ingress: typeof INGRESS | undefined): Promise<void> => {
    if (deepEqual(service.status?.loadBalancer?.ingress, ingress)) return;
    const loadBalancer = { ...service.status?.loadBalancer };
    delete loadBalancer.ingress;
    if (ingress) loadBalancer.ingress = ingress;
    try {
      await context.client.resource<Service>(SERVICES).updateSubresource({ ...service, status: { ...service.status, loadBalancer } }, 'status');
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 404) throw error;
    }
  };

  return {
    name: 'service-lb-controller',
    // Cloud providers' service controller, whose work this is.
    eventSource: 'service-controller',
    // One after the other: two Services may want one port.
    workers: 1,
    setUp(given) {
      context = given;
      const enqueue = ({ metadata }: Service): void => context.enqueue(`${metadata.namespace}/${metadata.name}`);
      context.informers.for<Service>(SERVICES).addHandler({ onAdd: enqueue, onUpdate: enqueue, onDelete: enqueue });
    },

    async reconcile(key): Promise<ReconcileResult | void> {
      const { namespace, name } = splitKey(key);
      const service = context.informers.for<Service>(SERVICES).get(name, namespace);
      const wanted = planListeners(service);
      await release(key, new Set([...wanted.balanced, ...wanted.nodePorts].map(({ port }) => port)));
      if (!service) {
        retries.delete(key);
        for (const [port, owner] of unavailable) if (owner === key) unavailable.delete(port);
        return;
      }
      const ip = service.spec?.clusterIP ?? '';
      for (const spec of wanted.nodePorts) {
        try {
          await listen(key, ip, spec);
          unavailable.delete(spec.port);
        } catch (error) {
          if (!(error instanceof ListenError)) throw error;
          // Told once: inside the cluster the node port works all the same.
          if (unavailable.get(spec.port) !== key) context.events.record(service, 'Warning', 'NodePortUnavailable', `Node port ${spec.port} cannot be reached on localhost: ${error.message}`);
          unavailable.set(spec.port, key);
        }
      }
      if (!isBalanced(service)) {
        if (!service.status?.loadBalancer?.ingress || service.spec?.loadBalancerClass) return;
        context.events.record(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer');
        await writeStatus(service, undefined);
        context.events.record(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer');
        return;
      }
      const isNew = !wanted.balanced.every(({ port }) => owners.get(port) === key);
      if (isNew) context.events.record(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer');
      try {
        for (const spec of wanted.balanced) await listen(key, ip, spec);
      } catch (error) {
        if (!(error instanceof ListenError)) throw error;
        context.events.record(service, 'Warning', 'SyncLoadBalancerFailed', `Error syncing load balancer: failed to ensure load balancer: ${error.message}`);
        await writeStatus(service, undefined);
        const wait = Math.min((retries.get(key) ?? FIRST_RETRY_MS / 2) * 2, MAX_RETRY_MS);
        retries.set(key, wait);
        return { requeueAfterMs: wait };
      }
      retries.delete(key);
      await writeStatus(service, INGRESS);
      if (isNew) context.events.record(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer');
    },

    stop: () => listeners.closeAll(),
  };
}
