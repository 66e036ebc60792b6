import type { GroupVersionResource } from '../../../src/api/gvk.js';
import type { AnyObject } from '../../../src/api/object.js';
import type { Client } from '../../../src/client/types.js';
import type { Cluster } from '../../../src/cluster.js';
import type { ClusterOptions } from '../../../src/cluster-options.js';

/** The namespace that scenarios may count on; it is there before `objects` are made. */
export const NAMESPACE = 'scenario';

/**
 * What one controller is for, told as objects and what must come of them. The suite (test/conformance/controllers.ts) plays
 * it with events lost, writes failing and restarts in the middle.
 */
export interface ControllerScenario {
  /** As --controllers names it. */
  readonly controller: string;
  /** What is told, after the name, where a controller has several scenarios. */
  readonly title?: string;
  /** Created in this order. */
  readonly objects: readonly ManifestObject[];
  /** Comes after `ready` holds (or at once): the change that the controller has to work on. */
  readonly act?: (world: World) => Promise<void>;
  /** What must be there before `act`. Compared with `readyWhen`. */
  readonly ready?: (world: World) => Promise<unknown>;
  readonly readyWhen?: unknown;
  /** What is compared with `expected`, in the end and when it has stayed so. */
  readonly observe: (world: World) => Promise<unknown>;
  readonly expected: unknown;
  readonly cluster?: Pick<ClusterOptions, 'nodes' | 'addons' | 'nodeMonitorGraceMs' | 'images'>;
  /** How much faster than real time the cluster's time runs. */
  readonly speed?: number;
}

export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>> & { readonly name: string };
  readonly [field: string]: unknown;
}

/** A cluster as scenarios see it, and as its administrator may change it. */
export class World {
  constructor(
    readonly cluster: Cluster,
    /** Milliseconds by the cluster's time. */
    readonly now: () => number,
  ) {}

  get client(): Client {
    return this.cluster.api;
  }

  /** Creates an object in the scenario's namespace, or wherever it says; its status as well, where it has one. */
  async create(manifest: ManifestObject): Promise<AnyObject> {
    const { plural, namespaced } = this.served(manifest.apiVersion, manifest.kind);
    const namespace = namespaced ? { namespace: NAMESPACE } : {};
    return (await this.client.resource(plural).create({ ...manifest, metadata: { ...namespace, ...manifest.metadata } } as AnyObject)) as AnyObject;
  }

  /** Undefined for what is not there. `what` is `apps/v1 Deployment`. */
  async get(what: string, name: string, namespace = NAMESPACE): Promise<AnyObject | undefined> {
    return (await this.list(what, { namespace })).find(({ metadata }) => metadata.name === name);
  }

  async list(what: string, { namespace = NAMESPACE, labelSelector }: { namespace?: string; labelSelector?: string | undefined } = {}): Promise<readonly AnyObject[]> {
    const { plural, namespaced } = this.resource(what);
    const { items } = await this.client.resource(plural).list({ ...(namespaced ? { namespace } : {}), labelSelector });
    return items as readonly AnyObject[];
  }

  async patch(what: string, name: string, body: object, subresource?: string): Promise<void> {
    const { plural, namespaced } = this.resource(what);
    await this.client.resource(plural).patch({ name, subresource, ...(namespaced ? { namespace: NAMESPACE } : {}) }, { type: 'merge', body });
  }

  async delete(what: string, name: string, options: Parameters<ReturnType<Client['resource']>['delete']>[1] = {}): Promise<void> {
    const { plural, namespaced } = this.resource(what);
    await this.client.resource(plural).delete({ name, ...(namespaced ? { namespace: NAMESPACE } : {}) }, options);
  }

  private resource(what: string): { plural: GroupVersionResource; namespaced: boolean } {
    const [apiVersion = '', kind = ''] = what.split(' ');
    return this.served(apiVersion, kind);
  }

  private served(apiVersion: string, kind: string): { plural: GroupVersionResource; namespaced: boolean } {
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    const found = this.cluster.parts.workloads.resources.resources().find((resource) => resource.group === group && resource.version === version && resource.kind === kind);
    if (!found) throw new TypeError(`${apiVersion} has no ${kind}`);
    return { plural: { group, version, resource: found.resource }, namespaced: found.namespaced };
  }
}
