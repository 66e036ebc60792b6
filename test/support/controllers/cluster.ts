import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { AnyObject } from '../../../src/api/object.js';
import { freePort } from '../free-port.js';
import { NAMESPACE, type ControllerScenario, type ManifestObject, type World } from './scenario.js';
import { fields, podCounts, podTemplate, workload } from './workloads.js';

/** Scenarios of the controllers that look after everything but pods. */

const configMap = (name: string, metadata: object = {}): ManifestObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data: { a: 'b' } });
const namespace = (name: string): ManifestObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const pod = (name: string, spec: object = {}, metadata: object = {}): ManifestObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'registry.example/app:1' }], ...spec },
});
const names = async (world: World, what: string, where?: string): Promise<string[]> => (await world.list(what, where ? { namespace: where } : {})).map(({ metadata }) => metadata.name).sort();
const ownedBy = (owner: AnyObject | undefined): object => ({ ownerReferences: [{ apiVersion: owner?.apiVersion, kind: owner?.kind, name: owner?.metadata.name, uid: owner?.metadata.uid, blockOwnerDeletion: true }] });

/** A request for a certificate, from the corpus that was played to the real server. */
const csr = (parse(readFileSync(join(import.meta.dirname, '../kinds/corpus/certificate-signing-request.yaml'), 'utf8')) as { base: { spec: { request: string } } }).base.spec.request;

/** Made by `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /O=system:nodes/CN=system:node:node-9`. */
const nodeCsr =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIdk1JR1dBZ0VBTURReEZUQVRCZ05WQkFvTURITjVjM1JsYlRwdWIyUmxjekViTUJrR0ExVUVBd3dTYzNsegpkR1Z0T201dlpHVTZibTlrWlMwNU1Ga3dFd1lIS29aSXpqMENBUVlJS29aSXpqMERBUWNEUWdBRXVvdzJRako0CjMvZmYwZU5XTStwQW13NVhyd3Z5WmpIUzRTcU5HVktxSTN4bE1PYTdmd21xcVQvSStpK09EbTFaMGRxV08wTGgKNEd1SU9XVXJpUGpwRnFBQU1Bb0dDQ3FHU000OUJBTUNBMGdBTUVVQ0lRQ0Fjd0RSWWdhSFNGK0RvRHBBYW9MRgowRHdmUEZZZXlXZEVKRGt1SklDS2ZnSWdmbWNCMFBKaFZ3VU8yTUsrODdscFJEN2I4by9ZZ0JNeFBRRGwySG03CnBKMD0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==';

export const CLUSTER: readonly ControllerScenario[] = [
  {
    controller: 'serviceaccount-controller',
    objects: [namespace('fresh')],
    observe: (world) => names(world, 'v1 ServiceAccount', 'fresh'),
    expected: ['default'],
  },
  {
    controller: 'root-ca-certificate-publisher-controller',
    objects: [namespace('fresh')],
    observe: async (world) => Object.keys((await world.get('v1 ConfigMap', 'kube-root-ca.crt', 'fresh'))?.['data'] ?? {}),
    expected: ['ca.crt'],
  },
  {
    controller: 'serviceaccount-token-controller',
    objects: [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'token', annotations: { 'kubernetes.io/service-account.name': 'default' } }, type: 'kubernetes.io/service-account-token' }],
    observe: async (world) => Object.keys((await world.get('v1 Secret', 'token'))?.['data'] ?? {}).sort(),
    expected: ['ca.crt', 'namespace', 'token'],
  },
  {
    controller: 'clusterrole-aggregation-controller',
    objects: [
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'part', labels: { into: 'whole' } }, rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'whole' }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { into: 'whole' } }] }, rules: [] },
    ],
    observe: async (world) => (await world.get('rbac.authorization.k8s.io/v1 ClusterRole', 'whole'))?.['rules'],
    expected: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
  },
  {
    controller: 'node-lifecycle-controller',
    title: 'a node of which nothing is heard',
    objects: [{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'silent' }, status: { conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: new Date().toISOString().replace(/\.\d+/, ''), lastTransitionTime: new Date().toISOString().replace(/\.\d+/, '') }] } }],
    speed: 20,
    observe: async (world) => {
      const node = await world.get('v1 Node', 'silent');
      const { taints = [] } = (node?.['spec'] ?? {}) as { taints?: Array<{ key: string; effect: string }> };
      const { conditions = [] } = (node?.['status'] ?? {}) as { conditions?: Array<{ type: string; status: string }> };
      return { taints: taints.map(({ key, effect }) => `${key}:${effect}`).sort(), ready: conditions.find(({ type }) => type === 'Ready')?.status };
    },
    expected: { taints: ['node.kubernetes.io/unreachable:NoExecute', 'node.kubernetes.io/unreachable:NoSchedule'], ready: 'Unknown' },
  },
  {
    controller: 'taint-eviction-controller',
    objects: [
      pod('firm', { nodeName: 'node-0', tolerations: [{ operator: 'Exists' }] }),
      pod('patient', { nodeName: 'node-0', tolerations: [{ key: 'leave', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 3 }] }),
      pod('touchy', { nodeName: 'node-0' }),
    ],
    speed: 5,
    ready: (world) => podCounts(world),
    readyWhen: { 'app:1 ready': 3 },
    act: (world) => world.patch('v1 Node', 'node-0', { spec: { taints: [{ key: 'leave', effect: 'NoExecute' }] } }),
    observe: (world) => names(world, 'v1 Pod'),
    expected: ['firm'],
  },
  ...['endpoints-controller', 'endpointslice-controller'].map(
    (controller): ControllerScenario => ({
      controller,
      objects: [workload('apps/v1', 'Deployment', 'web', { replicas: 3 }), { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } }],
      ready: async (world) => (await addressesOf(world)).endpoints,
      readyWhen: 3,
      act: (world) => world.patch('apps/v1 Deployment', 'web', { spec: { replicas: 1 } }),
      observe: addressesOf,
      expected: { endpoints: 1, slices: 1, ready: true },
    }),
  ),
  {
    controller: 'endpointslice-mirroring-controller',
    objects: [
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'outside' }, spec: { ports: [{ port: 80 }] } },
      { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'outside' }, subsets: [{ addresses: [{ ip: '192.0.2.1' }, { ip: '192.0.2.2' }], ports: [{ port: 8080 }] }] },
    ],
    observe: async (world) => (await world.list('discovery.k8s.io/v1 EndpointSlice', { labelSelector: 'kubernetes.io/service-name=outside' })).map((slice) => (slice['endpoints'] as Array<{ addresses: string[] }>).flatMap(({ addresses }) => addresses)),
    expected: [['192.0.2.1', '192.0.2.2']],
  },
  {
    controller: 'persistentvolume-binder-controller',
    title: 'binds',
    objects: [volume('disk'), claim('data', { storageClassName: '' })],
    observe: async (world) => [await fields(world, 'v1 PersistentVolume', 'disk', 'status.phase', 'spec.claimRef.name'), await fields(world, 'v1 PersistentVolumeClaim', 'data', 'status.phase', 'spec.volumeName')],
    expected: [{ 'status.phase': 'Bound', 'spec.claimRef.name': 'data' }, { 'status.phase': 'Bound', 'spec.volumeName': 'disk' }],
  },
  {
    controller: 'persistentvolume-binder-controller',
    title: 'releases',
    objects: [volume('disk'), claim('data', { storageClassName: '' })],
    ready: (world) => fields(world, 'v1 PersistentVolumeClaim', 'data', 'status.phase'),
    readyWhen: { 'status.phase': 'Bound' },
    act: (world) => world.delete('v1 PersistentVolumeClaim', 'data'),
    observe: async (world) => [await fields(world, 'v1 PersistentVolume', 'disk', 'status.phase'), await names(world, 'v1 PersistentVolumeClaim')],
    expected: [{ 'status.phase': 'Released' }, []],
  },
  {
    controller: 'persistentvolumeclaim-protection-controller',
    objects: [volume('disk'), claim('data', { storageClassName: '' }), pod('user', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] })],
    ready: (world) => podCounts(world),
    readyWhen: { 'app:1 ready': 1 },
    act: async (world) => {
      await world.delete('v1 PersistentVolumeClaim', 'data');
      await world.delete('v1 Pod', 'user');
    },
    observe: (world) => names(world, 'v1 PersistentVolumeClaim'),
    expected: [],
  },
  {
    controller: 'persistentvolume-protection-controller',
    objects: [volume('disk'), claim('data', { storageClassName: '' })],
    ready: (world) => fields(world, 'v1 PersistentVolumeClaim', 'data', 'status.phase'),
    readyWhen: { 'status.phase': 'Bound' },
    act: async (world) => {
      await world.delete('v1 PersistentVolume', 'disk');
      await world.delete('v1 PersistentVolumeClaim', 'data');
    },
    observe: (world) => names(world, 'v1 PersistentVolume'),
    expected: [],
  },
  {
    controller: 'volumeattributesclass-protection-controller',
    objects: [
      { apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttributesClass', metadata: { name: 'fast' }, driverName: 'disk.example', parameters: { iops: '1' } },
      claim('data', { storageClassName: '', volumeAttributesClassName: 'fast' }),
    ],
    ready: async (world) => (await world.get('storage.k8s.io/v1 VolumeAttributesClass', 'fast'))?.metadata.finalizers,
    readyWhen: ['kubernetes.io/vac-protection'],
    act: async (world) => {
      await world.delete('storage.k8s.io/v1 VolumeAttributesClass', 'fast');
      await world.delete('v1 PersistentVolumeClaim', 'data');
    },
    observe: (world) => names(world, 'storage.k8s.io/v1 VolumeAttributesClass'),
    expected: [],
  },
  {
    controller: 'ephemeral-volume-controller',
    objects: [pod('user', { volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: { spec: claim('x', { storageClassName: 'none' })['spec'] } } }] })],
    observe: async (world) => (await world.list('v1 PersistentVolumeClaim')).map(({ metadata }) => `${metadata.name} of ${metadata.ownerReferences?.[0]?.kind}/${metadata.ownerReferences?.[0]?.name}`),
    expected: ['user-scratch of Pod/user'],
  },
  {
    controller: 'resourcequota-controller',
    objects: [
      { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'quota' }, spec: { hard: { pods: '10', 'count/configmaps': '10', 'requests.cpu': '1' } } },
      ...['a', 'b', 'c'].map((name) => pod(name, { containers: [{ name: 'c', image: 'registry.example/app:1', resources: { requests: { cpu: '100m' } } }] })),
    ],
    ready: (world) => podCounts(world),
    readyWhen: { 'app:1 ready': 3 },
    act: (world) => world.delete('v1 Pod', 'b'),
    observe: async (world) => ((await world.get('v1 ResourceQuota', 'quota'))?.['status'] as { used?: object } | undefined)?.used,
    expected: { pods: '2', 'count/configmaps': '1', 'requests.cpu': '200m' },
  },
  {
    controller: 'certificatesigningrequest-signing-controller',
    objects: [{ apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'joe' }, spec: { request: csr, signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] } }],
    act: (world) => world.patch('certificates.k8s.io/v1 CertificateSigningRequest', 'joe', { status: { conditions: [{ type: 'Approved', status: 'True', reason: 'Test', message: 'by hand' }] } }, 'approval'),
    observe: async (world) => {
      const { certificate = '' } = ((await world.get('certificates.k8s.io/v1 CertificateSigningRequest', 'joe'))?.['status'] ?? {}) as { certificate?: string };
      return Buffer.from(certificate, 'base64').toString().split('\n')[0];
    },
    expected: '-----BEGIN CERTIFICATE-----',
  },
  {
    controller: 'certificatesigningrequest-approving-controller',
    objects: [{ apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'node' }, spec: { request: nodeCsr, signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usages: ['digital signature', 'client auth'] } }],
    observe: async (world) => ((await world.get('certificates.k8s.io/v1 CertificateSigningRequest', 'node'))?.['status'] as { conditions?: Array<{ type: string }> } | undefined)?.conditions?.map(({ type }) => type),
    expected: ['Approved'],
  },
  {
    controller: 'certificatesigningrequest-cleaner-controller',
    objects: [
      { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'refused' }, spec: { request: csr, signerName: 'example.com/none', usages: ['client auth'] } },
      { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'waiting' }, spec: { request: csr, signerName: 'example.com/none', usages: ['client auth'] } },
    ],
    // An hour after the decision; those that wait have a day.
    speed: 2000,
    cluster: { nodes: 0 },
    act: (world) => world.patch('certificates.k8s.io/v1 CertificateSigningRequest', 'refused', { status: { conditions: [{ type: 'Denied', status: 'True', reason: 'Test', message: 'by hand' }] } }, 'approval'),
    observe: async (world) => (await names(world, 'certificates.k8s.io/v1 CertificateSigningRequest')).includes('refused'),
    expected: false,
  },
  {
    controller: 'metrics-server',
    objects: [],
    cluster: { addons: ['metrics-server'] },
    observe: async (world) => ({ services: (await names(world, 'apiregistration.k8s.io/v1 APIService')).filter((name) => name.includes('metrics')), roles: (await names(world, 'rbac.authorization.k8s.io/v1 ClusterRole')).filter((name) => name.includes('metrics')) }),
    expected: { services: ['v1beta1.metrics.k8s.io'], roles: ['system:aggregated-metrics-reader'] },
  },
  {
    controller: 'ingress-controller',
    objects: [],
    cluster: { addons: ['ingress'] },
    ready: async (world) => (await names(world, 'networking.k8s.io/v1 IngressClass')).length > 0,
    readyWhen: true,
    act: async (world) => {
      const [ingressClassName] = await names(world, 'networking.k8s.io/v1 IngressClass');
      await world.create({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'front' }, spec: { ingressClassName, defaultBackend: { service: { name: 'web', port: { number: 80 } } } } });
    },
    observe: async (world) => ((await world.get('networking.k8s.io/v1 Ingress', 'front'))?.['status'] as { loadBalancer?: { ingress?: Array<{ hostname: string }> } } | undefined)?.loadBalancer?.ingress?.map(({ hostname }) => hostname),
    expected: ['localhost'],
  },
  {
    controller: 'resourceclaim-controller',
    objects: [
      { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaimTemplate', metadata: { name: 'gpu' }, spec: { spec: { devices: { requests: [{ name: 'one', exactly: { deviceClassName: 'gpu.example.com' } }] } } } },
      pod('user', { resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'gpu' }] }),
    ],
    observe: async (world) => ({
      claims: (await world.list('resource.k8s.io/v1 ResourceClaim')).map(({ metadata }) => metadata.ownerReferences?.map(({ name }) => name).join()),
      named: ((await world.get('v1 Pod', 'user'))?.['status'] as { resourceClaimStatuses?: Array<{ name: string }> } | undefined)?.resourceClaimStatuses?.map(({ name }) => name),
    }),
    expected: { claims: ['user'], named: ['gpu'] },
  },
  {
    controller: 'validatingadmissionpolicy-status-controller',
    objects: [{ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', metadata: { name: 'rule' }, spec: { matchConstraints: { resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }] }, validations: [{ expression: 'object.spec.replicas < 100' }] } }],
    observe: (world) => fields(world, 'admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy', 'rule', 'status.observedGeneration'),
    expected: { 'status.observedGeneration': 1 },
  },
  {
    controller: 'service-cidr-controller',
    objects: [{ apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { name: 'more' }, spec: { cidrs: ['10.97.0.0/24'] } }],
    observe: async (world) => {
      const range = await world.get('networking.k8s.io/v1 ServiceCIDR', 'more');
      return { finalizers: range?.metadata.finalizers, ready: (range?.['status'] as { conditions?: Array<{ status: string }> } | undefined)?.conditions?.map(({ status }) => status) };
    },
    expected: { finalizers: ['networking.k8s.io/service-cidr-finalizer'], ready: ['True'] },
  },
  {
    controller: 'flow-schema-status-controller',
    objects: [{ apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: 'FlowSchema', metadata: { name: 'mine' }, spec: { matchingPrecedence: 500, priorityLevelConfiguration: { name: 'nowhere' } } }],
    observe: async (world) => ((await world.get('flowcontrol.apiserver.k8s.io/v1 FlowSchema', 'mine'))?.['status'] as { conditions?: Array<{ type: string; status: string }> } | undefined)?.conditions?.map(({ type, status }) => `${type}=${status}`),
    expected: ['Dangling=True'],
  },
  {
    controller: 'custom-resource-definition-controller',
    objects: [{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'widgets.example.com' }, spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }] } }],
    observe: async (world) => ((await world.get('apiextensions.k8s.io/v1 CustomResourceDefinition', 'widgets.example.com'))?.['status'] as { conditions?: Array<{ type: string; status: string }> } | undefined)?.conditions?.map(({ type, status }) => `${type}=${status}`),
    expected: ['NamesAccepted=True', 'Established=True'],
  },
  {
    controller: 'crd-autoregistration-controller',
    objects: [
      { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'widgets.example.com' }, spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' }, versions: [definedVersion('v1', true), definedVersion('v1beta1', false)] } },
    ],
    ready: async (world) => (await names(world, 'apiregistration.k8s.io/v1 APIService')).filter((name) => name.endsWith('.example.com')),
    readyWhen: ['v1.example.com', 'v1beta1.example.com'],
    act: async (world) => {
      await world.patch('apiextensions.k8s.io/v1 CustomResourceDefinition', 'widgets.example.com', { spec: { versions: [definedVersion('v1', true), { ...definedVersion('v1beta1', false), served: false }] } });
      await world.delete('apiregistration.k8s.io/v1 APIService', 'v1.example.com');
    },
    observe: async (world) => (await world.list('apiregistration.k8s.io/v1 APIService')).filter(({ metadata }) => metadata.name.endsWith('.example.com')).map(({ metadata, ...rest }) => [metadata.name, metadata.labels, rest['spec']]),
    expected: [['v1.example.com', { 'kube-aggregator.kubernetes.io/automanaged': 'true' }, { group: 'example.com', groupPriorityMinimum: 1000, version: 'v1', versionPriority: 100 }]],
  },
  {
    controller: 'ttl-controller',
    objects: [{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'extra' } }],
    observe: async (world) => (await world.get('v1 Node', 'extra'))?.metadata.annotations?.['node.alpha.kubernetes.io/ttl'],
    expected: '0',
  },
  {
    controller: 'namespace-controller',
    objects: [namespace('doomed'), configMap('a', { namespace: 'doomed' }), configMap('b', { namespace: 'doomed', finalizers: ['example.com/hold'] }), workloadIn('doomed')],
    ready: async (world) => (await world.list('v1 Pod', { namespace: 'doomed' })).length,
    readyWhen: 2,
    act: async (world) => {
      await world.delete('v1 Namespace', 'doomed');
      await world.client.resource({ group: '', version: 'v1', resource: 'configmaps' }).patch({ name: 'b', namespace: 'doomed' }, { type: 'merge', body: { metadata: { finalizers: null } } });
    },
    observe: async (world) => ({ there: (await names(world, 'v1 Namespace')).includes('doomed'), pods: await names(world, 'v1 Pod', 'doomed') }),
    expected: { there: false, pods: [] },
    // The controller looks again after some seconds where something is left.
    speed: 10,
  },
  ...(['Foreground', 'Background', 'Orphan'] as const).map(
    (propagationPolicy): ControllerScenario => ({
      controller: 'garbage-collector-controller',
      title: propagationPolicy,
      objects: [configMap('owner'), configMap('second')],
      act: async (world) => {
        const [owner, second] = [await world.get('v1 ConfigMap', 'owner'), await world.get('v1 ConfigMap', 'second')];
        for (const name of ['one', 'two']) await world.create(configMap(name, ownedBy(owner)));
        const both = { ownerReferences: [owner, second].flatMap((o) => (ownedBy(o) as { ownerReferences: object[] }).ownerReferences) };
        await world.create(configMap('of-both', both));
        await world.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'grandchild', ...ownedBy(await world.get('v1 ConfigMap', 'one')) } });
        await world.delete('v1 ConfigMap', 'owner', { propagationPolicy });
      },
      observe: async (world) => [...(await names(world, 'v1 ConfigMap')), ...(await names(world, 'v1 Secret')), ((await world.get('v1 ConfigMap', 'of-both'))?.metadata.ownerReferences ?? []).map(({ name }) => name).join()],
      // Owners that are gone are no longer named by those who have another one.
      expected: propagationPolicy === 'Orphan' ? ['kube-root-ca.crt', 'of-both', 'one', 'second', 'two', 'grandchild', 'second'] : ['kube-root-ca.crt', 'of-both', 'second', 'second'],
    }),
  ),
  {
    controller: 'pod-garbage-collector-controller',
    title: 'of a node that is gone',
    objects: [{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'brief' } }, pod('left-behind', { nodeName: 'brief' }), pod('at-home', { nodeName: 'node-0' })],
    speed: 30,
    act: (world) => world.delete('v1 Node', 'brief'),
    observe: (world) => names(world, 'v1 Pod'),
    expected: ['at-home'],
  },
  {
    controller: 'disruption-controller',
    objects: [workload('apps/v1', 'Deployment', 'web', { replicas: 3 }), { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'web' }, spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'web' } } } }],
    ready: (world) => fields(world, 'policy/v1 PodDisruptionBudget', 'web', 'status.currentHealthy'),
    readyWhen: { 'status.currentHealthy': 3 },
    act: (world) => world.patch('apps/v1 Deployment', 'web', { spec: { replicas: 5 } }),
    observe: (world) => fields(world, 'policy/v1 PodDisruptionBudget', 'web', 'status.currentHealthy', 'status.desiredHealthy', 'status.expectedPods', 'status.disruptionsAllowed'),
    expected: { 'status.currentHealthy': 5, 'status.desiredHealthy': 4, 'status.expectedPods': 5, 'status.disruptionsAllowed': 1 },
  },
  {
    controller: 'horizontal-pod-autoscaler-controller',
    title: 'below its minimum',
    objects: [
      workload('apps/v1', 'Deployment', 'web', { replicas: 1, template: podTemplate('web', 'registry.example/app:1', { containers: [{ name: 'c', image: 'registry.example/app:1', resources: { requests: { cpu: '100m' } } }] }) }),
      { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'web' }, spec: { minReplicas: 3, maxReplicas: 5, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }] } },
    ],
    speed: 10,
    observe: (world) => podCounts(world),
    expected: { 'app:1 ready': 3 },
  },
  {
    controller: 'storage-provisioner',
    objects: [claim('data', { storageClassName: 'standard' }), pod('user', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] })],
    cluster: { addons: ['storage-provisioner'] },
    observe: async (world) => ({ claim: await fields(world, 'v1 PersistentVolumeClaim', 'data', 'status.phase'), volumes: (await names(world, 'v1 PersistentVolume')).length, pods: await podCounts(world) }),
    expected: { claim: { 'status.phase': 'Bound' }, volumes: 1, pods: { 'app:1 ready': 1 } },
  },
  {
    controller: 'service-lb-controller',
    objects: [],
    act: async (world) => void (await world.create({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'front' }, spec: { type: 'LoadBalancer', selector: { app: 'web' }, ports: [{ port: await freePort() }] } })),
    cluster: { addons: ['loadbalancer'] },
    observe: async (world) => (await world.get('v1 Service', 'front'))?.['status'],
    expected: { loadBalancer: { ingress: [{ hostname: 'localhost' }] } },
  },
];

async function addressesOf(world: World): Promise<{ endpoints: number; slices: number; ready: boolean }> {
  const { subsets = [] } = ((await world.get('v1 Endpoints', 'web')) ?? {}) as { subsets?: Array<{ addresses?: unknown[]; notReadyAddresses?: unknown[] }> };
  const slices = (await world.list('discovery.k8s.io/v1 EndpointSlice', { labelSelector: 'kubernetes.io/service-name=web' })).flatMap((slice) => (slice['endpoints'] ?? []) as Array<{ conditions: { ready: boolean } }>);
  return { endpoints: subsets.flatMap(({ addresses = [] }) => addresses).length, slices: slices.length, ready: slices.every(({ conditions }) => conditions.ready) };
}

function volume(name: string): ManifestObject {
  return { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], persistentVolumeReclaimPolicy: 'Retain', hostPath: { path: '/data' } } };
}

function claim(name: string, spec: object): ManifestObject {
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name, namespace: NAMESPACE }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec } };
}

function definedVersion(name: string, storage: boolean): object {
  return { name, served: true, storage, schema: { openAPIV3Schema: { type: 'object' } } };
}

function workloadIn(where: string): ManifestObject {
  const deployment = workload('apps/v1', 'Deployment', 'web', { replicas: 2 });
  return { ...deployment, metadata: { ...deployment.metadata, namespace: where } };
}
