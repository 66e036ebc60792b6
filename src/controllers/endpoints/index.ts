import { ApiError } from '../../api/errors.js';
import type { Endpoints, Service } from '../../api/types/core-v1.js';
import type { Controller, ControllerContext } from '../../client/controller.js';
import { type Informer, keyOf, splitKey } from '../../client/informer.js';
import { CONTROLLER_NAME, wantedEndpoints } from './plan.js';
import { hasSelector, ServicePods } from './service-pods.js';
import { TriggerTimes } from './trigger-time.js';

const ENDPOINTS = { group: '', version: 'v1', resource: 'endpoints' };
const LEADER_ELECTION = 'control-plane.alpha.kubernetes.io/leader';

/** Keeps the Endpoints of Services with a selector. */
export function endpointsController(): Controller {
  return new EndpointsController();
}

class EndpointsController implements Controller {
  readonly name = 'endpoints-controller';
  readonly eventSource = CONTROLLER_NAME;
  private context!: ControllerContext;
  private servicePods!: ServicePods;
  private endpoints!: Informer<Endpoints>;
  private readonly triggerTimes = new TriggerTimes();

  setUp(context: ControllerContext): void {
    this.context = context;
    this.servicePods = new ServicePods(context);
    this.endpoints = context.informers.for<Endpoints>(ENDPOINTS);
    this.endpoints.addHandler({
      // Those found at the start may have lost their Service while nobody looked; later ones are our own.
      onAdd: (endpoints) => {
        if (endpoints.metadata.annotations?.[LEADER_ELECTION] === undefined && !this.servicePods.services.get(endpoints.metadata.name, endpoints.metadata.namespace)) this.leftover(endpoints);
      },
      onDelete: (endpoints) => context.enqueue(keyOf(endpoints)),
    });
  }

  async reconcile(key: string): Promise<void> {
    const { name, namespace } = splitKey(key);
    const service = this.servicePods.services.get(name, namespace);
    if (!service) return this.deleteEndpoints(key);
    if (!hasSelector(service)) return;
    const pods = this.servicePods.podsOf(service);
    const triggerTime = this.triggerTimes.next(key, service, pods);
    const current = this.endpoints.get(name, namespace);
    const wanted = wantedEndpoints(service, pods, current, triggerTime);
    if (wanted) await this.write(service, wanted, current === undefined);
  }

  private async write(service: Service, wanted: Endpoints, isNew: boolean): Promise<void> {
    const { client, events } = this.context;
    const resource = client.resource<Endpoints>(ENDPOINTS);
    const { name, namespace } = service.metadata;
    try {
      await (isNew ? resource.create(wanted) : resource.update(wanted));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (isNew && isNamespaceTerminating(error)) return;
      if (error.code !== 409) {
        if (isNew) events.record(wanted, 'Warning', 'FailedToCreateEndpoint', `Failed to create endpoint for service ${namespace}/${name}: ${error.message}`);
        else events.record(wanted, 'Warning', 'FailedToUpdateEndpoint', `Failed to update endpoint ${namespace}/${name}: ${error.message}`);
      }
      throw error;
    }
  }

  /** Also those that people wrote: they go with the Service. */
  private async deleteEndpoints(key: string): Promise<void> {
    this.triggerTimes.forget(key);
    this.servicePods.forget(key);
    try {
      await this.context.client.resource<Endpoints>(ENDPOINTS).delete(splitKey(key));
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 404) throw error;
    }
  }

  private leftover(endpoints: Endpoints): void {
    // Only what this controller made: people may write Endpoints before their Service.
    if (endpoints.metadata.labels?.['endpoints.kubernetes.io/managed-by'] === CONTROLLER_NAME) this.context.enqueue(keyOf(endpoints));
  }
}

/** Nothing can be created in a namespace that is being deleted: not worth another try. */
export function isNamespaceTerminating(error: unknown): boolean {
  return error instanceof ApiError && error.code === 403 && JSON.stringify(error.details ?? {}).includes('NamespaceTerminating');
}
