import { ApiError } from '../../api/errors.js';
import type { KubeObject } from '../../api/object.js';
import type { Reader } from '../../watch/types.js';
import type { AdmissionAttributes, AdmissionPlugin } from '../types.js';
import { defaultIngressClass } from './default-ingress-class.js';
import { defaultStorageClass } from './default-storage-class.js';
import { namespaceLifecycle } from './namespace-lifecycle.js';
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.js';
import { podResizeValidator } from './pod-resize-validator.js';
import { podTopologyLabels } from './pod-topology-labels.js';
import { storageObjectInUseProtection } from './storage-object-in-use-protection.js';
import { taintNodesByCondition } from './taint-nodes-by-condition.js';

/** Plugins whose answers need more of a cluster than recorded.test.ts has. Texts are the real server's. */

type Metadata = Partial<KubeObject['metadata']>;

const CREATE = { operation: 'CREATE', oldObject: undefined } as const;
const object = (kind: string, metadata: Metadata = {}, rest: object = {}): KubeObject => ({ apiVersion: 'v1', kind, metadata: { name: 'x', ...metadata }, ...rest });

const FIRST = { isSecond: false, memory: new Map<string, unknown>(), again: () => {} };

function write(resource: string, given: KubeObject | undefined, more: Partial<AdmissionAttributes> & { stored?: Record<string, KubeObject>; group?: string } = {}): AdmissionAttributes {
  const { stored = {}, group = '', ...rest } = more;
  const entries = Object.entries(stored).map(([key, one]) => ({ key, object: one }));
  const reader = {
    get: (key: string) => entries.find((entry) => entry.key === key),
    list: (prefix: string) => ({ entries: entries.filter((entry) => entry.key.startsWith(prefix)) }),
  } as unknown as Reader;
  return {
    ...CREATE,
    kind: { group, version: 'v1', kind: given?.kind ?? 'Namespace' },
    resource: { group, version: 'v1', resource },
    subresource: '',
    namespace: 'n',
    name: given?.metadata.name ?? '',
    object: given,
    user: { name: 'admin', groups: [] },
    dryRun: false,
    reader,
    warn: () => {},
    ...rest,
  };
}

async function refusal(plugin: AdmissionPlugin, attributes: AdmissionAttributes): Promise<unknown> {
  try {
    await plugin.mutate?.(attributes, FIRST);
    await plugin.validate?.(attributes);
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { code, message, details } = error.toStatus();
    return [code, message, ...(details?.causes?.map(({ reason }) => reason) ?? [])];
  }
}

async function mutated(plugin: AdmissionPlugin, attributes: AdmissionAttributes): Promise<unknown> {
  await plugin.mutate?.(attributes, FIRST);
  return attributes.object;
}

describe('NamespaceLifecycle', () => {
  const stored = { 'core/namespaces/n': object('Namespace'), 'core/namespaces/going': object('Namespace', {}, { status: { phase: 'Terminating' } }) };
  const removal = (name: string): AdmissionAttributes => write('namespaces', undefined, { operation: 'DELETE', namespace: name, name, stored });
  const map = object('ConfigMap', { name: 'a' });

  test.each<[string, AdmissionAttributes, unknown]>([
    ['a namespace that is there', write('configmaps', map, { stored }), undefined],
    ['a namespace that is missing', write('configmaps', map, { namespace: 'gone', stored }), [404, 'namespaces "gone" not found']],
    [
      'a namespace that goes',
      write('configmaps', map, { namespace: 'going', stored }),
      [403, 'configmaps "a" is forbidden: unable to create new content in namespace going because it is being terminated', 'NamespaceTerminating'],
    ],
    ['a change in a namespace that goes', write('configmaps', map, { namespace: 'going', operation: 'UPDATE', oldObject: map, stored }), undefined],
    ['a removal in a namespace that is missing', write('configmaps', undefined, { namespace: 'gone', operation: 'DELETE', name: 'a', kind: { group: '', version: 'v1', kind: 'ConfigMap' }, stored }), undefined],
    ['a question about a namespace that is missing', write('localsubjectaccessreviews', object('LocalSubjectAccessReview'), { group: 'authorization.k8s.io', namespace: 'gone', stored }), undefined],
    ['a cluster-scoped object', write('nodes', object('Node'), { namespace: '', stored }), undefined],
    ['the end of a namespace', removal('n'), undefined],
    ['the end of kube-node-lease', removal('kube-node-lease'), undefined],
    ['the end of default', removal('default'), [403, 'namespaces "default" is forbidden: this namespace may not be deleted']],
    ['the end of kube-system', removal('kube-system'), [403, 'namespaces "kube-system" is forbidden: this namespace may not be deleted']],
    ['the end of kube-public', removal('kube-public'), [403, 'namespaces "kube-public" is forbidden: this namespace may not be deleted']],
  ])('%s', async (_title, attributes, expected) => {
    expect(await refusal(namespaceLifecycle, attributes)).toEqual(expected);
  });
});

describe('TaintNodesByCondition', () => {
  const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
  const own = { key: 'own', effect: 'NoExecute' };
  test.each<[string, KubeObject, unknown]>([
    ['a new node', object('Node'), [notReady]],
    ['a node with taints', object('Node', {}, { spec: { taints: [own] } }), [own, notReady]],
    ['a node that has it', object('Node', {}, { spec: { taints: [notReady, own] } }), [notReady, own]],
  ])('%s', async (_title, node, taints) => {
    expect(await mutated(taintNodesByCondition, write('nodes', node, { namespace: '' }))).toMatchObject({ spec: { taints } });
  });
});

describe('default classes', () => {
  const marked = (name: string, year: number, key: string): KubeObject => object('Class', { name, creationTimestamp: `${year}-01-01T00:00:00Z`, annotations: { [key]: 'true' } });
  const storageClass = (name: string, year: number, key = 'storageclass.kubernetes.io/is-default-class'): Record<string, KubeObject> => ({ [`storage.k8s.io/storageclasses/${name}`]: marked(name, year, key) });
  const claim = (metadata: Metadata = {}, spec: object = {}): KubeObject => object('PersistentVolumeClaim', metadata, { spec });

  test.each<[string, KubeObject, Record<string, KubeObject>, unknown]>([
    ['none is there', claim(), {}, undefined],
    ['none is the default', claim(), { 'storage.k8s.io/storageclasses/a': object('Class', { name: 'a' }) }, undefined],
    ['one is', claim(), storageClass('a', 2029), 'a'],
    ['one is by its old annotation', claim(), storageClass('a', 2029, 'storageclass.beta.kubernetes.io/is-default-class'), 'a'],
    ['the newest of several', claim(), { ...storageClass('a', 2028), ...storageClass('b', 2029) }, 'b'],
    ['the first of one age', claim(), { ...storageClass('b', 2029), ...storageClass('a', 2029) }, 'a'],
    ['a claim that has a class', claim({}, { storageClassName: 'x' }), storageClass('a', 2029), 'x'],
    ['a claim that wants none', claim({}, { storageClassName: '' }), storageClass('a', 2029), ''],
    ['a claim with the old annotation', claim({ annotations: { 'volume.beta.kubernetes.io/storage-class': 'x' } }), storageClass('a', 2029), undefined],
  ])('DefaultStorageClass: %s', async (_title, given, stored, expected) => {
    const { spec } = (await mutated(defaultStorageClass, write('persistentvolumeclaims', given, { stored }))) as { spec: { storageClassName?: string } };
    expect(spec.storageClassName).toBe(expected);
  });

  test.each<[string, KubeObject, unknown]>([
    ['no class', object('Ingress', {}, { spec: {} }), 'nginx'],
    ['a class', object('Ingress', {}, { spec: { ingressClassName: 'x' } }), 'x'],
    ['the old annotation', object('Ingress', { annotations: { 'kubernetes.io/ingress.class': 'x' } }, { spec: {} }), undefined],
  ])('DefaultIngressClass: %s', async (_title, given, expected) => {
    const stored = { 'networking.k8s.io/ingressclasses/nginx': marked('nginx', 2029, 'ingressclass.kubernetes.io/is-default-class') };
    const { spec } = (await mutated(defaultIngressClass, write('ingresses', given, { group: 'networking.k8s.io', stored }))) as { spec: { ingressClassName?: string } };
    expect(spec.ingressClassName).toBe(expected);
  });
});

describe('StorageObjectInUseProtection', () => {
  test.each<[string, string, string[] | undefined, string[]]>([
    ['', 'persistentvolumes', undefined, ['kubernetes.io/pv-protection']],
    ['', 'persistentvolumeclaims', ['own'], ['own', 'kubernetes.io/pvc-protection']],
    ['', 'persistentvolumeclaims', ['kubernetes.io/pvc-protection'], ['kubernetes.io/pvc-protection']],
    ['storage.k8s.io', 'volumeattributesclasses', [], ['kubernetes.io/vac-protection']],
  ])('%s %s with %p', async (group, resource, finalizers, expected) => {
    const given = object('Storage', finalizers ? { finalizers } : {});
    expect(await mutated(storageObjectInUseProtection, write(resource, given, { group }))).toMatchObject({ metadata: { finalizers: expected } });
  });
});

describe('PersistentVolumeClaimResize', () => {
  const claim = (storage: string, storageClassName: string | undefined, phase: string): KubeObject =>
    object('PersistentVolumeClaim', {}, { spec: { resources: { requests: { storage } }, ...(storageClassName ? { storageClassName } : {}) }, status: { phase } });
  const stored = {
    'storage.k8s.io/storageclasses/grows': object('StorageClass', { name: 'grows' }, { allowVolumeExpansion: true }),
    'storage.k8s.io/storageclasses/stays': object('StorageClass', { name: 'stays' }),
  };
  const unsupported = [403, 'persistentvolumeclaims "x" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize'];

  test.each<[string, string, string | undefined, string, unknown]>([
    ['the same size', '1Gi', 'stays', 'Pending', undefined],
    ['a smaller one', '1Mi', 'stays', 'Pending', undefined],
    ['a bigger one', '2Gi', 'grows', 'Bound', undefined],
    ['before it is bound', '2Gi', 'grows', 'Pending', [403, 'persistentvolumeclaims "x" is forbidden: Only bound persistent volume claims can be expanded']],
    ['a class that does not grow', '2Gi', 'stays', 'Bound', unsupported],
    ['a class that is gone', '2Gi', 'gone', 'Bound', unsupported],
    ['no class', '2Gi', undefined, 'Bound', unsupported],
  ])('%s', async (_title, storage, className, phase, expected) => {
    const attributes = write('persistentvolumeclaims', claim(storage, className, phase), { operation: 'UPDATE', oldObject: claim('1Gi', className, phase), stored });
    expect(await refusal(persistentVolumeClaimResize, attributes)).toEqual(expected);
  });
});

describe('PodResizeValidator', () => {
  const pod = (generation: number, requests: object = {}, nodeName: string | undefined = 'a'): KubeObject =>
    object('Pod', { generation }, { spec: { ...(nodeName ? { nodeName } : {}), containers: [{ name: 'c', resources: { requests } }] } });
  const node = (name: string, os?: string): Record<string, KubeObject> => ({
    [`core/nodes/${name}`]: object('Node', { name, ...(os ? { labels: { 'kubernetes.io/os': os } } : {}) }, { status: { allocatable: { cpu: '2', memory: '1Gi' } } }),
  });
  const stored = { ...node('a'), ...node('win', 'windows') };
  const big = { cpu: '2500m', memory: '2Gi' };

  test.each<[string, KubeObject, unknown]>([
    ['what fits', pod(2, { cpu: '2', memory: '1Gi' }), undefined],
    ['no change', pod(1, big), undefined],
    ['a pod without node', pod(2, big, ''), undefined],
    ['a node that is gone', pod(2, {}, 'gone'), [403, 'pods "x" is forbidden: node "gone" not found']],
    ['another system', pod(2, {}, 'win'), [403, 'pods "x" is forbidden: pod resize is only supported on linux nodes, node "win" is "windows"', 'UnsupportedPlatform']],
    [
      'too much',
      pod(2, big),
      [403, "pods \"x\" is forbidden: node didn't have enough allocatable resources: cpu, requested: 2500, allocatable: 2000; memory, requested: 2147483648, allocatable: 1073741824", 'NodeCapacity'],
    ],
  ])('%s', async (_title, given, expected) => {
    expect(await refusal(podResizeValidator, write('pods', given, { operation: 'UPDATE', subresource: 'resize', oldObject: pod(1), stored }))).toEqual(expected);
  });
});

describe('PodTopologyLabels', () => {
  const stored = { 'core/nodes/a': object('Node', { name: 'a', labels: { 'topology.kubernetes.io/zone': 'z', 'topology.kubernetes.io/region': 'r', other: 'o' } }) };
  test.each<[string, object, unknown]>([
    ['a pod that is made on its node', { nodeName: 'a' }, { own: 'l', 'topology.kubernetes.io/zone': 'z', 'topology.kubernetes.io/region': 'r' }],
    ['a pod for a node that is not there', { nodeName: 'b' }, { own: 'l' }],
    ['a pod without node', {}, { own: 'l' }],
  ])('%s', async (_title, spec, labels) => {
    const given = object('Pod', { labels: { own: 'l' } }, { spec });
    expect(((await mutated(podTopologyLabels, write('pods', given, { stored }))) as KubeObject).metadata.labels).toEqual(labels);
  });
});
