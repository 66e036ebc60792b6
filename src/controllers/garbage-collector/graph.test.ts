import type { KubeObject, OwnerReference } from '../../api/object.js';
import { DependencyGraph, identityOf } from './graph.js';

interface Told {
  readonly deletes: string[];
  readonly orphans: string[];
  readonly invalid: string[];
}

function graph(): { graph: DependencyGraph; told: Told } {
  const told: Told = { deletes: [], orphans: [], invalid: [] };
  return {
    told,
    graph: new DependencyGraph({
      attemptToDelete: ({ identity }) => told.deletes.push(identity.uid),
      attemptToOrphan: ({ identity }) => told.orphans.push(identity.uid),
      invalidNamespace: ({ identity }, owner) => told.invalid.push(`${identity.uid}>${owner.uid}`),
    }),
  };
}

function object(uid: string, owners: readonly string[] = [], extra: Partial<KubeObject['metadata']> = {}): KubeObject {
  const ownerReferences = owners.map((owner): OwnerReference => ({ apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid: owner, blockOwnerDeletion: true }));
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: uid, namespace: 'ns', uid, ownerReferences, ...extra } };
}

const dying = (...finalizers: string[]): Partial<KubeObject['metadata']> => ({ deletionTimestamp: '2026-01-01T00:00:00Z', finalizers });

describe('the graph of owners and dependents', () => {
  test('an owner that is gone makes its dependents be looked at, and is remembered as absent', () => {
    const { graph: g, told } = graph();
    g.observe(object('owner'));
    g.observe(object('a', ['owner']));
    g.observe(object('b', ['owner']));
    expect(told.deletes).toEqual([]);
    g.remove(object('owner'));
    expect(told.deletes.toSorted()).toEqual(['a', 'b']);
    expect(g.knownAbsent(identityOf(object('owner')))).toBe(true);
  });

  test('an owner that nobody has seen is looked for', () => {
    const { graph: g, told } = graph();
    g.observe(object('a', ['ghost']));
    expect(told.deletes).toEqual(['ghost']);
    expect(g.node('ghost')?.virtual).toBe(true);
    g.removeVirtual(identityOf(object('ghost')));
    expect(told.deletes).toEqual(['ghost', 'a']);
    expect(g.node('ghost')).toBeUndefined();
  });

  test('an owner that is seen after its dependent is no ghost any more', () => {
    const { graph: g } = graph();
    g.observe(object('a', ['owner']));
    g.observe(object('owner'));
    expect(g.node('owner')?.virtual).toBe(false);
    expect(g.node('owner')?.blocking().map(({ identity }) => identity.uid)).toEqual(['a']);
  });

  test('foreground deletion looks at all dependents and at the owner, and again as they go', () => {
    const { graph: g, told } = graph();
    const owner = object('owner');
    g.observe(owner);
    g.observe(object('a', ['owner']));
    g.observe(object('owner', [], dying('foregroundDeletion')), owner);
    expect(told.deletes).toEqual(['a', 'owner']);
    g.remove(object('a', ['owner']));
    expect(told.deletes).toEqual(['a', 'owner', 'owner']);
    expect(g.node('owner')?.blocking()).toEqual([]);
  });

  test('orphaning is begun once', () => {
    const { graph: g, told } = graph();
    const owner = object('owner');
    const leaving = object('owner', [], dying('orphan'));
    g.observe(owner);
    g.observe(leaving, owner);
    g.observe(leaving, leaving);
    expect(told.orphans).toEqual(['owner']);
  });

  test.each([
    ['the owner is seen first', ['owner', 'child']],
    ['the dependent is seen first', ['child', 'owner']],
  ])('an owner in another namespace is reported when %s', (_when, order) => {
    const { graph: g, told } = graph();
    const objects = new Map([
      ['owner', object('owner', [], { namespace: 'other' })],
      ['child', object('child', ['owner'])],
    ]);
    for (const name of order) g.observe(objects.get(name) as KubeObject);
    expect(told.invalid).toEqual(['child>owner']);
    expect(told.deletes).toContain('child');
  });

  test('a reference that stops blocking wakes the owner that waits for it', () => {
    const { graph: g, told } = graph();
    g.observe(object('owner', [], dying('foregroundDeletion')));
    const child = object('a', ['owner']);
    g.observe(child);
    told.deletes.length = 0;
    g.observe({ ...child, metadata: { ...child.metadata, ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: 'owner', blockOwnerDeletion: false }] } }, child);
    expect(told.deletes).toEqual(['owner']);
    expect(g.node('owner')?.blocking()).toEqual([]);
  });

  test('an object without owners and dependents leaves nothing behind', () => {
    const { graph: g, told } = graph();
    g.observe(object('a'));
    g.remove(object('a'));
    expect([g.size, told]).toEqual([0, { deletes: [], orphans: [], invalid: [] }]);
  });
});
