import type { KubeObject, OwnerReference } from '../../api/object.js';
import { deepEqual } from '../../base/freeze.js';

/** Where an object is, by what its dependents or a watch say. */
export interface Identity {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** '' for cluster-scoped objects. */
  readonly namespace: string;
  readonly uid: string;
}

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

/** An object and who depends on it. A virtual one is known from references only. */
export class GraphNode {
  readonly dependents = new Set<GraphNode>();
  owners: readonly OwnerReference[] = [];
  beingDeleted = false;
  /** Deleted in the foreground: it waits for its dependents. */
  deletingDependents = false;

  constructor(
    public identity: Identity,
    public virtual: boolean,
  ) {}

  /** Dependents that hold back the end of this object. */
  blocking(): GraphNode[] {
    const { uid } = this.identity;
    return [...this.dependents].filter(({ owners }) => owners.some((owner) => owner.uid === uid && owner.blockOwnerDeletion));
  }
}

/** What the graph asks of the collector. */
export interface GraphListener {
  /** Find out whether the object must go, or whether it can. */
  attemptToDelete(node: GraphNode): void;
  /** Take the object out of its dependents' owners. */
  attemptToOrphan(node: GraphNode): void;
  /** A reference to an owner in another namespace. */
  invalidNamespace(dependent: GraphNode, owner: OwnerReference): void;
}

/** Absent owners that are remembered, so that a thousand dependents do not ask a thousand times. */
const ABSENT_MAX = 500;

/**
 * The graph of owners and dependents over all objects of the cluster (k8s.io/kubernetes/pkg/controller/garbagecollector,
 * GraphBuilder). Fed by watches of all resources, in any order between resources: an owner that has not been seen yet
 * stands in it as a virtual node. Does nothing on its own; consequences are told to the listener.
 */
export class DependencyGraph {
  private readonly nodes = new Map<string, GraphNode>();
  private readonly absent = new Set<string>();

  constructor(private readonly listener: GraphListener) {}

  node(uid: string): GraphNode | undefined {
    return this.nodes.get(uid);
  }

  get size(): number {
    return this.nodes.size;
  }

  knownAbsent(identity: Identity): boolean {
    return this.absent.has(identityKey(identity));
  }

  addAbsent(identity: Identity): void {
    const key = identityKey(identity);
    this.absent.delete(key);
    this.absent.add(key);
    if (this.absent.size > ABSENT_MAX) this.absent.delete(this.absent.values().next().value as string);
  }

  /** An object was added, or changed from `old`. */
  observe(object: KubeObject, old?: KubeObject): void {
    const identity = identityOf(object);
    let node = this.nodes.get(identity.uid);
    if (node?.virtual) this.observeVirtual(node, identity);
    if (!node) {
      node = new GraphNode(identity, false);
      node.beingDeleted = object.metadata.deletionTimestamp !== undefined;
      node.deletingDependents = waitsFor(object, FOREGROUND);
      node.owners = object.metadata.ownerReferences ?? [];
      this.nodes.set(identity.uid, node);
      this.addToOwners(node, node.owners);
      this.transition(node, object, old);
      return;
    }
    this.changeOwners(node, object.metadata.ownerReferences ?? []);
    if (object.metadata.deletionTimestamp) node.beingDeleted = true;
    this.transition(node, object, old);
  }

  /** An object is gone. */
  remove(object: KubeObject): void {
    const node = this.nodes.get(object.metadata.uid as string);
    if (!node) return;
    node.virtual = false;
    this.removeNode(node, identityOf(object));
  }

  /** The API has no such object: what is known of it from references only is wrong or outdated. */
  removeVirtual(identity: Identity): void {
    const node = this.nodes.get(identity.uid);
    if (!node) return;
    const { matching, differing } = partition(node.dependents, identity);
    if (!node.virtual) {
      if (identityKey(node.identity) === identityKey(identity)) this.removeNode(node, identity);
      else this.declareAbsent(identity, matching);
      return;
    }
    if (differing.length === 0) return this.removeNode(node, identity);
    this.declareAbsent(identity, matching);
    if (identityKey(node.identity) !== identityKey(identity)) return;
    const other = alternative(differing, identity);
    if (!other) return;
    node.identity = other;
    this.listener.attemptToDelete(node);
  }

  private declareAbsent(identity: Identity, dependents: readonly GraphNode[]): void {
    if (dependents.length === 0) return;
    this.addAbsent(identity);
    for (const dependent of dependents) this.listener.attemptToDelete(dependent);
  }

  private observeVirtual(node: GraphNode, identity: Identity): void {
    node.virtual = false;
    if (identityKey(node.identity) === identityKey(identity)) return;
    for (const dependent of partition(node.dependents, identity).differing) {
      if (identity.namespace && dependent.identity.namespace !== identity.namespace) this.report(dependent, identity.uid);
      this.listener.attemptToDelete(dependent);
    }
    node.identity = identity;
  }

  private removeNode(node: GraphNode, identity: Identity): void {
    this.nodes.delete(identity.uid);
    this.removeFromOwners(node, node.owners);
    if (node.dependents.size > 0) this.addAbsent(identity);
    for (const dependent of node.dependents) this.listener.attemptToDelete(dependent);
    for (const { uid } of node.owners) {
      const owner = this.nodes.get(uid);
      if (owner?.deletingDependents) this.listener.attemptToDelete(owner);
    }
  }

  private changeOwners(node: GraphNode, owners: readonly OwnerReference[]): void {
    if (node.owners === owners || deepEqual(node.owners, owners)) return;
    const before = new Map(node.owners.map((owner) => [owner.uid, owner]));
    const after = new Map(owners.map((owner) => [owner.uid, owner]));
    const removed = node.owners.filter(({ uid }) => !after.has(uid));
    const unblocked = [
      ...removed.filter(({ blockOwnerDeletion }) => blockOwnerDeletion),
      ...owners.filter(({ uid, blockOwnerDeletion }) => before.get(uid)?.blockOwnerDeletion && !blockOwnerDeletion),
    ];
    node.owners = owners;
    for (const { uid } of unblocked) {
      const owner = this.nodes.get(uid);
      if (owner) this.listener.attemptToDelete(owner);
    }
    this.addToOwners(node, owners.filter(({ uid }) => !before.has(uid)));
    this.removeFromOwners(node, removed);
  }

  private addToOwners(node: GraphNode, owners: readonly OwnerReference[]): void {
    let doubtful = false;
    for (const reference of owners) {
      let owner = this.nodes.get(reference.uid);
      const fresh = !owner;
      if (!owner) {
        const { apiVersion, kind, name, uid } = reference;
        owner = new GraphNode({ apiVersion, kind, name, uid, namespace: node.identity.namespace }, true);
        this.nodes.set(uid, owner);
      }
      owner.dependents.add(node);
      if (fresh) this.listener.attemptToDelete(owner);
      else if (!doubtful) doubtful = this.doubts(node, owner, reference);
    }
    if (doubtful) this.listener.attemptToDelete(node);
  }

  /** Whether a reference does not fit the owner that the graph has under its uid. */
  private doubts(node: GraphNode, owner: GraphNode, reference: OwnerReference): boolean {
    const namespaced = owner.identity.namespace !== '';
    const elsewhere = owner.identity.namespace !== node.identity.namespace;
    if (namespaced && elsewhere) {
      if (!owner.virtual) this.report(node, reference.uid);
      return true;
    }
    // A virtual owner seen from a cluster-scoped object may be a namespaced one that is missing.
    return !sameCoordinates(reference, owner.identity) || (!namespaced && elsewhere && owner.virtual);
  }

  private report(dependent: GraphNode, ownerUid: string): void {
    const reference = dependent.owners.find(({ uid }) => uid === ownerUid);
    if (reference) this.listener.invalidNamespace(dependent, reference);
  }

  private removeFromOwners(node: GraphNode, owners: readonly OwnerReference[]): void {
    for (const { uid } of owners) this.nodes.get(uid)?.dependents.delete(node);
  }

  private transition(node: GraphNode, object: KubeObject, old: KubeObject | undefined): void {
    if (waitsFor(object, ORPHAN) && !(old && waitsFor(old, ORPHAN))) return this.listener.attemptToOrphan(node);
    if (!waitsFor(object, FOREGROUND) || (old && waitsFor(old, FOREGROUND))) return;
    node.deletingDependents = true;
    for (const dependent of node.dependents) this.listener.attemptToDelete(dependent);
    this.listener.attemptToDelete(node);
  }
}

export function identityOf({ apiVersion, kind, metadata }: KubeObject): Identity {
  return { apiVersion, kind, name: metadata.name, namespace: metadata.namespace ?? '', uid: metadata.uid as string };
}

/** As Kubernetes prints it in events. */
export function identityText({ apiVersion, kind, namespace, name, uid }: Identity): string {
  return `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
}

function waitsFor({ metadata }: KubeObject, finalizer: string): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers?.includes(finalizer) ?? false);
}

function identityKey({ apiVersion, kind, namespace, name, uid }: Identity): string {
  return `${apiVersion}/${kind}/${namespace}/${name}/${uid}`;
}

function sameCoordinates(a: OwnerReference, b: Identity): boolean {
  return a.uid === b.uid && a.name === b.name && a.kind === b.kind && a.apiVersion === b.apiVersion;
}

function partition(dependents: Iterable<GraphNode>, owner: Identity): { matching: GraphNode[]; differing: GraphNode[] } {
  const matching: GraphNode[] = [];
  const differing: GraphNode[] = [];
  for (const dependent of dependents) {
    if (owner.namespace && owner.namespace !== dependent.identity.namespace) {
      differing.push(dependent);
      continue;
    }
    const references = dependent.owners.filter(({ uid }) => uid === owner.uid);
    if (references.some((reference) => sameCoordinates(reference, owner))) matching.push(dependent);
    if (references.some((reference) => !sameCoordinates(reference, owner))) differing.push(dependent);
  }
  return { matching, differing };
}

/** Another identity under which dependents refer to the uid: the next one in order after the absent one. */
function alternative(dependents: readonly GraphNode[], absent: Identity): Identity | undefined {
  const candidates = new Map<string, Identity>();
  for (const { owners, identity } of dependents) {
    for (const { apiVersion, kind, name, uid } of owners) {
      if (uid !== absent.uid) continue;
      // The kind of the absent one is known to be cluster-scoped by its own lack of a namespace.
      const clusterScoped = absent.namespace === '' && apiVersion === absent.apiVersion && kind === absent.kind;
      const candidate = { apiVersion, kind, name, uid, namespace: clusterScoped ? '' : identity.namespace };
      if (identityKey(candidate) !== identityKey(absent)) candidates.set(orderKey(candidate), candidate);
    }
  }
  const keys = [...candidates.keys()].sort();
  const key = keys.find((each) => each > orderKey(absent)) ?? keys[0];
  return key === undefined ? undefined : candidates.get(key);
}

function orderKey({ kind, apiVersion, namespace, name, uid }: Identity): string {
  return [kind, apiVersion, namespace, name, uid].join('\0');
}
