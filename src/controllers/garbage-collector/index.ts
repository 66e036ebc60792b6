import { ApiError } from '../../api/errors.js';
import type { OwnerReference } from '../../api/object.js';
import type { ResourceDirectory, ServedResource } from '../../api/served-resource.js';
import type { Controller, ControllerContext, ReconcileResult } from '../../client/controller.js';
import type { InformerHandler } from '../../client/informer.js';
import type { KubeObject } from '../../api/object.js';
import { ResourceMonitor } from '../shared/resource-monitor.js';
import { ApiAccess, NamespacedOwnerError, UnknownKindError } from './api-access.js';
import { DependencyGraph, FOREGROUND, identityText, ORPHAN, type GraphNode, type Identity } from './graph.js';

const DELETE = 'delete/';
const ORPHAN_KEY = 'orphan/';
const REFRESH = 'refresh';
const BASE_DELAY_MS = 5;
const MAX_DELAY_MS = 1_000_000;

/** Deletes objects whose owners are gone, and does foreground and orphaning deletion (KEP-1440 and before). */
export function garbageCollector(directory: ResourceDirectory): Controller {
  return new GarbageCollector(directory);
}

class GarbageCollector implements Controller {
  readonly name = 'garbage-collector-controller';
  /** As --concurrent-gc-syncs. */
  readonly workers = 20;
  private context!: ControllerContext;
  private monitor!: ResourceMonitor;
  private api!: ApiAccess;
  /** How often a node was looked at in vain, for longer and longer waits. */
  private readonly retries = new Map<string, number>();
  private readonly graph = new DependencyGraph({
    attemptToDelete: ({ identity }) => this.context.enqueue(DELETE + identity.uid),
    attemptToOrphan: ({ identity }) => this.context.enqueue(ORPHAN_KEY + identity.uid),
    invalidNamespace: (dependent, owner) => this.reportNamespace(dependent, owner),
  });

  constructor(private readonly directory: ResourceDirectory) {}

  setUp(context: ControllerContext): void {
    this.context = context;
    this.api = new ApiAccess(context.client, this.directory);
    this.monitor = new ResourceMonitor(context, this.directory, (resource) => this.handlerOf(resource));
    this.monitor.start(() => context.enqueue(REFRESH));
  }

  async stop(): Promise<void> {
    await this.monitor.stop();
  }

  async reconcile(key: string): Promise<ReconcileResult | void> {
    if (key === REFRESH) return this.monitor.refresh();
    if (key.startsWith(ORPHAN_KEY)) return this.orphan(key.slice(ORPHAN_KEY.length));
    const uid = key.slice(DELETE.length);
    const node = this.graph.node(uid);
    const again = node ? await this.attempt(node) : false;
    if (!again) {
      this.retries.delete(uid);
      return undefined;
    }
    const tries = this.retries.get(uid) ?? 0;
    this.retries.set(uid, tries + 1);
    return { requeueAfterMs: Math.min(BASE_DELAY_MS * 2 ** tries, MAX_DELAY_MS) };
  }

  private handlerOf({ group, resource }: ServedResource): InformerHandler<KubeObject> | undefined {
    // Events own nothing and are owned by nobody.
    if (resource === 'events' && (group === '' || group === 'events.k8s.io')) return undefined;
    return {
      onAdd: (object) => this.graph.observe(object),
      onUpdate: (object, old) => this.graph.observe(object, old),
      onDelete: (object) => this.graph.remove(object),
    };
  }

  /** Resolves with whether the node must be looked at again later. */
  private async attempt(node: GraphNode): Promise<boolean> {
    try {
      if (await this.process(node)) return false;
    } catch (error) {
      if (error instanceof NamespacedOwnerError) return false;
      if (error instanceof UnknownKindError) return true;
      throw error;
    }
    // Found by asking, but not seen yet: if it goes before it is seen, nobody tells us.
    return node.virtual && this.graph.node(node.identity.uid) === node;
  }

  /** Resolves with true when the node turned out not to exist. */
  private async process(node: GraphNode): Promise<boolean> {
    if (node.beingDeleted && !node.deletingDependents) return false;
    const { identity } = node;
    const live = await this.api.get(identity);
    if (!live || live.metadata.uid !== identity.uid) {
      this.graph.removeVirtual(identity);
      return true;
    }
    if (node.deletingDependents) {
      await this.finishForeground(node);
      return false;
    }
    const references = live.metadata.ownerReferences ?? [];
    if (references.length === 0) return false;
    const { solid, dangling, waiting } = await this.classify(identity, references);
    if (solid.length > 0) {
      if (dangling.length + waiting.length > 0) await this.ignoreGone(this.api.removeOwners(identity, new Set([...dangling, ...waiting].map(({ uid }) => uid))));
      return false;
    }
    if (waiting.length > 0 && node.dependents.size > 0) {
      const circular = [...node.dependents].some(({ deletingDependents }) => deletingDependents);
      if (circular) await this.api.unblockOwners(identity, [...node.owners]);
      return this.delete(live, identity, 'Foreground');
    }
    const { finalizers } = live.metadata;
    return this.delete(live, identity, finalizers?.includes(ORPHAN) ? 'Orphan' : finalizers?.includes(FOREGROUND) ? 'Foreground' : 'Background');
  }

  private async delete(live: KubeObject, identity: Identity, policy: 'Foreground' | 'Background' | 'Orphan'): Promise<boolean> {
    if (await this.api.delete(live, identity, policy)) return false;
    this.graph.removeVirtual(identity);
    return true;
  }

  private async finishForeground(node: GraphNode): Promise<void> {
    const blocking = node.blocking();
    if (blocking.length === 0) return this.api.removeFinalizer(node.identity, FOREGROUND);
    for (const dependent of blocking) if (!dependent.deletingDependents) this.context.enqueue(DELETE + dependent.identity.uid);
  }

  /** Owners that stand, that are gone, and that wait for their dependents to go. */
  private async classify(identity: Identity, references: readonly OwnerReference[]): Promise<Record<'solid' | 'dangling' | 'waiting', OwnerReference[]>> {
    const found = { solid: [] as OwnerReference[], dangling: [] as OwnerReference[], waiting: [] as OwnerReference[] };
    for (const reference of references) {
      const owner = await this.ownerOf(identity, reference);
      if (!owner) found.dangling.push(reference);
      else if (owner.metadata.deletionTimestamp && owner.metadata.finalizers?.includes(FOREGROUND)) found.waiting.push(reference);
      else found.solid.push(reference);
    }
    return found;
  }

  private async ownerOf(item: Identity, { apiVersion, kind, name, uid }: OwnerReference): Promise<KubeObject | undefined> {
    const owner = { apiVersion, kind, name, uid, namespace: '' };
    const inNamespace = { ...owner, namespace: item.namespace };
    if (this.graph.knownAbsent(owner) || this.graph.knownAbsent(inNamespace)) return undefined;
    const identity = this.api.resourceOf(owner).namespaced ? inNamespace : owner;
    const live = await this.api.get(identity);
    if (live?.metadata.uid === uid) return live;
    this.graph.addAbsent(identity);
    return undefined;
  }

  private async orphan(uid: string): Promise<void> {
    const owner = this.graph.node(uid);
    if (!owner) return;
    await Promise.all([...owner.dependents].map(({ identity }) => this.ignoreGone(this.api.removeOwners(identity, new Set([uid])))));
    await this.api.removeFinalizer(owner.identity, ORPHAN);
  }

  private async ignoreGone(promise: Promise<void>): Promise<void> {
    try {
      await promise;
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 404) throw error;
    }
  }

  private reportNamespace(dependent: GraphNode, { apiVersion, kind, name, uid }: OwnerReference): void {
    const { namespace } = dependent.identity;
    const owner = identityText({ apiVersion, kind, name, uid, namespace });
    this.context.events.record(dependent.identity, 'Warning', 'OwnerRefInvalidNamespace', `ownerRef ${owner} does not exist in namespace ${JSON.stringify(namespace)}`);
  }
}
