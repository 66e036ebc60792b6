import { ApiError } from '../api/errors.js';
import type { AnyObject } from '../api/object.js';
import { applyOne, type ApplyDependencies } from './apply.js';
import { isOwn, stripped } from './dump.js';
import { inOrder } from './parse.js';
import { LoadError } from './read.js';
import { targetOf } from './resources.js';

export interface LoadOptions {
  /** Whether objects get the status that is written in them; without, the cluster finds out for itself. */
  readonly keepStatus?: boolean | undefined;
}

interface Pending {
  readonly object: AnyObject;
  readonly uid: string | undefined;
  readonly status: unknown;
  problem?: ApiError | undefined;
}

/**
 * Fills a cluster with manifests or with a dump (`kubectl get -A -o yaml`), whatever the order: what needs others is
 * tried again once they are there. Owners are found by their new uids; references to owners that are not among the
 * objects go. Namespaces that nobody mentions are made.
 */
export class Loader {
  private pending: Pending[];
  private readonly uids = new Map<string, string>();
  private readonly known: ReadonlySet<string>;
  private readonly hasDefinitions: boolean;
  private establishMs: number | undefined;

  constructor(
    private readonly dependencies: ApplyDependencies,
    objects: readonly AnyObject[],
    private readonly options: LoadOptions = {},
  ) {
    this.pending = inOrder(objects.filter((object) => !isOwn(object))).map((object) => {
      const { uid } = object.metadata;
      const status = object['status'];
      delete object.metadata.uid;
      return { object: stripped(object), uid, status };
    });
    this.hasDefinitions = objects.some(({ kind }) => kind === 'CustomResourceDefinition');
    this.known = new Set(this.pending.flatMap(({ uid }) => (uid ? [uid] : [])));
  }

  /**
   * Loads what can be loaded now; call it once before the residents start, who would act on half of it. Custom kinds are served
   * when a controller has seen to it: what is of them is left for a call after the start, which waits.
   */
  async load({ started = false } = {}): Promise<void> {
    this.establishMs = started && this.hasDefinitions ? undefined : 0;
    await this.makeNamespaces();
    for (let before = Infinity; this.pending.length > 0 && this.pending.length < before; ) {
      before = this.pending.length;
      const left: Pending[] = [];
      for (const item of this.pending) if (!(await this.tryOne(item))) left.push(item);
      this.pending = left;
    }
  }

  /** Throws LoadError when something could not be loaded. */
  finish(): void {
    const [first, ...more] = this.pending;
    if (!first) return;
    const { kind, metadata } = first.object;
    const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
    throw new LoadError(`cannot load ${kind} ${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}: ${first.problem?.message ?? 'its owner could not be loaded'}${others}`);
  }

  private async tryOne(item: Pending): Promise<boolean> {
    const { object, uid, status } = item;
    const owners = object.metadata.ownerReferences?.filter((owner) => this.known.has(owner.uid) || [...this.uids.values()].includes(owner.uid));
    if (owners?.some((owner) => this.known.has(owner.uid) && !this.uids.has(owner.uid))) return false;
    try {
      const resolved = owners?.map((owner) => ({ ...owner, uid: this.uids.get(owner.uid) ?? owner.uid }));
      const copy = structuredClone({ ...object, metadata: { ...object.metadata, ownerReferences: resolved?.length ? resolved : undefined } });
      await this.forgetUnknownNode(copy);
      const made = await applyOne(this.dependencies, copy, { fieldManager: 'kubette-load', establishMs: this.establishMs });
      if (uid && made.metadata.uid) this.uids.set(uid, made.metadata.uid);
      if (this.options.keepStatus && status) await this.writeStatus(made, status);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      item.problem = error;
      return false;
    }
  }

  /** A pod of a node that is not here would be deleted as an orphan: it is scheduled anew. */
  private async forgetUnknownNode(object: AnyObject): Promise<void> {
    const spec = object['spec'] as { nodeName?: string } | undefined;
    if (object.kind !== 'Pod' || !spec?.nodeName) return;
    const nodes = this.dependencies.client.resource({ group: '', version: 'v1', resource: 'nodes' });
    const there = await nodes.get(spec.nodeName).then(() => true, () => false);
    if (!there) delete spec.nodeName;
  }

  private async writeStatus(made: AnyObject, status: unknown): Promise<void> {
    const kind = this.dependencies.resources.ofObject(made);
    if (!kind?.subresources.has('status')) return;
    const { name, namespace } = made.metadata;
    await this.dependencies.client.resource(targetOf(kind)).patch({ name, namespace, subresource: 'status' }, { type: 'merge', body: { status } });
  }

  /** With the service account that every pod has unless it names another, which a controller makes a moment too late. */
  private async makeNamespaces(): Promise<void> {
    const mentioned = new Set(this.pending.flatMap(({ object: { kind, metadata } }) => (kind === 'Namespace' ? metadata.name : metadata.namespace) ?? []));
    const make = (object: AnyObject): Promise<unknown> => applyOne(this.dependencies, object, { fieldManager: 'kubette-load' });
    for (const name of mentioned) await make({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    for (const namespace of new Set(['default', ...mentioned])) await make({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } });
  }
}
