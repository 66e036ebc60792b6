import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event, PersistentVolumeClaim, Pod } from '../../src/api/types/core-v1.js';
import type { ResourceClaim } from '../../src/api/types/resource-v1.js';
import { type Cluster, createCluster, type GroupVersionResource, type KubeObject } from '../../src/index.js';
import { until } from '../support/until.js';

interface Step {
  readonly create?: KubeObject | readonly KubeObject[];
  readonly patch?: KubeObject;
  readonly body?: object;
  readonly sub?: string;
  readonly type?: string;
  readonly delete?: KubeObject;
}

/** What real Kubernetes v1.36.3 did: of each pod its node, and the condition PodScheduled (status, reason, message, observedGeneration). */
interface Recorded {
  readonly name: string;
  readonly objects: readonly KubeObject[];
  readonly steps: readonly Step[];
  readonly pods: Readonly<Record<string, 'gone' | { readonly node?: string; readonly condition?: ReadonlyArray<string | number> }>>;
  /** Status by the claim's name, or what it is generated from and for whom. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** What kube-scheduler said of each pod, each text once. */
  readonly events: Readonly<Record<string, readonly string[]>>;
}

const RECORDED = JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/scheduling/recorded.json'), 'utf8')) as readonly Recorded[];

const NAMESPACES: Readonly<Record<string, Record<string, string>>> = { sd: { team: 'x' }, 'sd-b': { team: 'y' }, 'sd-c': { team: 'y', 'resource.kubernetes.io/admin-access': 'true' } };
const PRIORITIES = [['hi', 1000, undefined], ['mid', 500, undefined], ['never', 1000, 'Never']] as const;

const core = (resource: string): GroupVersionResource => ({ group: '', version: 'v1', resource });
const PODS = core('pods');
const RESOURCES: Readonly<Record<string, GroupVersionResource>> = {
  Node: core('nodes'),
  Pod: PODS,
  PersistentVolume: core('persistentvolumes'),
  PersistentVolumeClaim: core('persistentvolumeclaims'),
  StorageClass: { group: 'storage.k8s.io', version: 'v1', resource: 'storageclasses' },
  CSINode: { group: 'storage.k8s.io', version: 'v1', resource: 'csinodes' },
  PodDisruptionBudget: { group: 'policy', version: 'v1', resource: 'poddisruptionbudgets' },
  RuntimeClass: { group: 'node.k8s.io', version: 'v1', resource: 'runtimeclasses' },
  PriorityClass: { group: 'scheduling.k8s.io', version: 'v1', resource: 'priorityclasses' },
  DeviceClass: { group: 'resource.k8s.io', version: 'v1', resource: 'deviceclasses' },
  ResourceSlice: { group: 'resource.k8s.io', version: 'v1', resource: 'resourceslices' },
  ResourceClaim: { group: 'resource.k8s.io', version: 'v1', resource: 'resourceclaims' },
  ResourceClaimTemplate: { group: 'resource.k8s.io', version: 'v1', resource: 'resourceclaimtemplates' },
};
const CLAIMS = RESOURCES['ResourceClaim'] as GroupVersionResource;

const resourceOf = ({ kind }: KubeObject): GroupVersionResource => RESOURCES[kind] as GroupVersionResource;
const keyOf = ({ metadata }: Pod): string => (metadata.namespace === 'sd' ? metadata.name : `${metadata.namespace}/${metadata.name}`);

async function makeCluster(): Promise<Cluster> {
  const cluster = await createCluster({ nodes: 0, addons: [], nodeMonitorGraceMs: 7_200_000 });
  for (const [name, labels] of Object.entries(NAMESPACES)) await cluster.api.resource(core('namespaces')).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } } as KubeObject);
  for (const [name, value, preemptionPolicy] of PRIORITIES) await cluster.api.resource(RESOURCES['PriorityClass'] as GroupVersionResource).create({ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value, preemptionPolicy } as unknown as KubeObject);
  for (const name of Object.keys(NAMESPACES)) await until(() => cluster.api.resource(core('serviceaccounts')).get('default', name), `${name} has its service account`);
  return cluster;
}

async function create(cluster: Cluster, object: KubeObject): Promise<void> {
  const { group, version } = resourceOf(object);
  await cluster.api.resource(resourceOf(object)).create({ ...object, apiVersion: group ? `${group}/${version}` : version });
}

async function take(cluster: Cluster, step: Step): Promise<void> {
  for (const object of [step.create ?? []].flat()) await create(cluster, object);
  if (step.patch) {
    const { name, namespace } = step.patch.metadata;
    await cluster.api.resource(resourceOf(step.patch)).patch({ name, namespace, subresource: step.sub }, { type: step.type?.includes('strategic') ? 'strategic' : 'merge', body: step.body ?? {} });
  }
  if (step.delete) await cluster.api.resource(resourceOf(step.delete)).delete({ name: step.delete.metadata.name, namespace: step.delete.metadata.namespace }, { gracePeriodSeconds: 0 });
}

function stateOf({ spec, status }: Pod): object {
  const condition = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  const texts = condition && [condition.status, condition.reason, condition.message, condition.observedGeneration].filter((part) => part !== undefined);
  return { ...(spec.nodeName ? { node: spec.nodeName } : {}), ...(texts ? { condition: texts } : {}) };
}

async function podsNow(cluster: Cluster, recorded: Recorded): Promise<object> {
  const pods = new Map((await cluster.api.resource<Pod>(PODS).list()).items.map((pod) => [keyOf(pod), stateOf(pod)]));
  return Object.fromEntries(Object.keys(recorded.pods).map((name) => [name, pods.get(name) ?? 'gone']));
}

/** Every pod that is said something of has been looked at, and volumes are bound: what comes next finds the cluster as it was found when this was recorded. */
async function settled(cluster: Cluster, { pods }: Recorded): Promise<void> {
  const list = <T extends KubeObject>(target: GroupVersionResource): Promise<readonly T[]> => cluster.api.resource<T>(target).list().then(({ items }) => items);
  await until(async () => (await list<PersistentVolumeClaim>(core('persistentvolumeclaims'))).every(({ spec, status }) => !spec?.volumeName || status?.phase === 'Bound' || status?.phase === 'Lost'), 'volumes are bound');
  await until(async () => {
    const there = new Set([...(await list(CLAIMS)), ...(await list(RESOURCES['ResourceClaimTemplate'] as GroupVersionResource))].map(({ metadata }) => metadata.name));
    return (await list<Pod>(PODS)).every((pod) => {
      const { metadata, spec, status } = pod;
      if (metadata.deletionTimestamp || spec.nodeName || JSON.stringify(pods[keyOf(pod)] ?? {}) === '{}') return true;
      // A pod whose claims are missing is not tried, and nothing is said of it.
      if (spec.resourceClaims?.some(({ resourceClaimName = '', resourceClaimTemplateName = '' }) => !there.has(resourceClaimName || resourceClaimTemplateName))) return true;
      return status?.conditions?.some(({ type }) => type === 'PodScheduled');
    });
  }, 'all pods have been tried');
}

async function claimsNow(cluster: Cluster): Promise<Record<string, unknown>> {
  const uids = new Map((await cluster.api.resource<Pod>(PODS).list()).items.map(({ metadata }) => [metadata.uid, metadata.name]));
  const entries = (await cluster.api.resource<ResourceClaim>(CLAIMS).list()).items.map(({ metadata, status = {} }) => {
    const [owner] = metadata.ownerReferences ?? [];
    const text = JSON.stringify(status, (key: string, value: unknown) => (key === 'allocationTimestamp' ? 'T' : key === 'shareID' ? 'S' : key === 'uid' ? (uids.get(String(value)) ?? 'uid') : value));
    return [`${metadata.generateName ?? metadata.name}${owner ? `@${owner.name}` : ''}`, JSON.parse(text) as unknown] as const;
  });
  return Object.fromEntries(entries);
}

async function eventsNow(cluster: Cluster): Promise<Record<string, string[]>> {
  const uids = new Map<string, string>();
  const texts: Record<string, Set<string>> = {};
  const events = (await cluster.api.resource<Event & KubeObject>(core('events')).list()).items.filter(({ reason }) => reason === 'FailedScheduling' || reason === 'Scheduled');
  for (const { involvedObject } of events) uids.set(involvedObject.uid ?? '', involvedObject.name ?? '');
  for (const { involvedObject, type, reason, message } of events) (texts[involvedObject.name ?? ''] ??= new Set()).add(`${type} ${reason} ${message}`);
  return Object.fromEntries(Object.entries(texts).map(([name, set]) => [name, [...set].sort((a, b) => (a < b ? -1 : 1))]));
}

test.each(RECORDED.map((recorded) => [recorded.name, recorded] as const))('%s', async (_, recorded) => {
  const cluster = await makeCluster();
  try {
    for (const object of recorded.objects) await create(cluster, object);
    const cordoned = new Set(recorded.objects.filter((object) => (object as { spec?: { unschedulable?: boolean } }).spec?.unschedulable).map(({ metadata }) => metadata.name));
    const taintsOf = (node: KubeObject): readonly string[] => ((node as { spec?: { taints?: ReadonlyArray<{ key: string }> } }).spec?.taints ?? []).map(({ key }) => key);
    await until(
      async () => (await cluster.api.resource(core('nodes')).list()).items.every((node) => !taintsOf(node).includes('node.kubernetes.io/not-ready') && (!cordoned.has(node.metadata.name) || taintsOf(node).includes('node.kubernetes.io/unschedulable'))),
      'the nodes are ready',
    );
    await settled(cluster, recorded);
    for (const step of recorded.steps) {
      // Objects that are invalid there are invalid here, too, and have no part in the rest.
      await take(cluster, step).catch((error: unknown) => expect(error).toMatchObject({ code: 422 }));
      await settled(cluster, recorded);
    }
    let pods: object = {};
    let claims: object = {};
    await until(async () => {
      [pods, claims] = [await podsNow(cluster, recorded), await claimsNow(cluster)];
      return JSON.stringify(pods) === JSON.stringify(recorded.pods) && same(claims, recorded.claims ?? {});
    }, 'pods are as in Kubernetes').catch(() => {});
    expect({ pods, claims }).toEqual({ pods: recorded.pods, claims: recorded.claims ?? {} });
    const said = Object.fromEntries(Object.entries(recorded.events).map(([name, texts]) => [name, texts.filter((text) => / (FailedScheduling|Scheduled) /.test(text))]).filter(([, texts]) => texts?.length));
    await until(async () => same(await eventsNow(cluster), said), 'events are as in Kubernetes').catch(() => {});
    expect(await eventsNow(cluster)).toEqual(said);
  } finally {
    await cluster.stop();
  }
}, 60_000);

function same(a: unknown, b: unknown): boolean {
  const sorted = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).toSorted(([x], [y]) => (x < y ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)])) : Array.isArray(value) ? value.map(sorted) : value;
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}
