import type { Event, PersistentVolumeClaim, Pod } from '../../src/api/types/core-v1.js';
import type { ResourceClaim } from '../../src/api/types/resource-v1.js';
import { createCluster, type Cluster, type GroupVersionResource, type KubeObject, type ResourceClient } from '../../src/index.js';
import { until } from '../support/until.js';

interface Conditioned extends KubeObject {
  readonly status?: { readonly conditions?: ReadonlyArray<{ readonly type: string; readonly status: string; readonly reason: string; readonly message: string }> };
}

const core = (resource: string): GroupVersionResource => ({ group: '', version: 'v1', resource });
const RANGES = { group: 'networking.k8s.io', version: 'v1', resource: 'servicecidrs' };
const POLICIES = { group: 'admissionregistration.k8s.io', version: 'v1', resource: 'validatingadmissionpolicies' };
const CLAIMS = { group: 'resource.k8s.io', version: 'v1', resource: 'resourceclaims' };
const TEMPLATES = { group: 'resource.k8s.io', version: 'v1', resource: 'resourceclaimtemplates' };

/** Small controllers as users see them; the texts are what kube-controller-manager v1.36.3 wrote. */
describe('controllers that say something of objects', () => {
  let cluster: Cluster;
  const of = <T extends KubeObject = KubeObject>(target: GroupVersionResource): ResourceClient<T> => cluster.api.resource<T>(target);
  const events = async (reason: string): Promise<string[]> =>
    (await of<Event & KubeObject>(core('events')).list()).items.filter((event) => event.reason === reason).map(({ type, message, source }) => `${type} ${source?.component}: ${message}`);

  beforeAll(async () => {
    cluster = await createCluster({ nodes: 0, addons: [] });
    await until(async () => (await of(core('serviceaccounts')).list({ namespace: 'default' })).items.length > 0, 'there is a service account');
  });

  afterAll(() => cluster.stop());

  test('a ServiceCIDR is ready, and goes ten seconds after it was deleted; the one in use stays and says why', async () => {
    await of(RANGES).create({ apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { name: 'more' }, spec: { cidrs: ['10.97.0.0/24'] } } as KubeObject);
    const more = await until(async () => {
      const range = await of<Conditioned>(RANGES).get('more');
      return range.status?.conditions ? range : undefined;
    }, 'the range has a condition');
    expect(more.metadata.finalizers).toEqual(['networking.k8s.io/service-cidr-finalizer']);
    expect(more.status?.conditions).toMatchObject([{ type: 'Ready', status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' }]);
    await of(RANGES).delete({ name: 'more' });
    await of(RANGES).delete({ name: 'kubernetes' });
    const kept = await until(async () => (await of<Conditioned>(RANGES).get('kubernetes')).status?.conditions?.find(({ status }) => status === 'False'), 'the range in use says so');
    expect(kept).toMatchObject({ reason: 'Terminating', message: 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR' });
    await cluster.clock.advance(11_000);
    await until(async () => (await of(RANGES).list()).items.length === 1, 'the free range is gone');
  });

  test('a ValidatingAdmissionPolicy is looked at once for each generation', async () => {
    const policy = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'policy' },
      spec: { matchConstraints: { resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }] }, validations: [{ expression: 'object.spec.replicas <= 5' }] },
    };
    await of(POLICIES).create(policy as KubeObject);
    const status = (generation: number) =>
      until(async () => {
        const found = (await of<KubeObject & { status?: { observedGeneration?: number } }>(POLICIES).get('policy')).status;
        return found?.observedGeneration === generation ? found : undefined;
      }, `generation ${generation} is observed`);
    expect(await status(1)).toEqual({ observedGeneration: 1, typeChecking: {} });
    await of(POLICIES).patch({ name: 'policy' }, { type: 'merge', body: { spec: { validations: [{ expression: 'object.spec.replicas <= 6' }] } } });
    await status(2);
  });

  test('a claim for more than its volume has is told who must enlarge it', async () => {
    await of({ group: 'storage.k8s.io', version: 'v1', resource: 'storageclasses' }).create({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'grows' }, provisioner: 'example.com/x', allowVolumeExpansion: true } as KubeObject);
    const shared = { accessModes: ['ReadWriteOnce'], storageClassName: 'grows' };
    await of(core('persistentvolumes')).create({ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'v' }, spec: { ...shared, capacity: { storage: '1Gi' }, hostPath: { path: '/v' }, claimRef: { namespace: 'default', name: 'c' } } } as KubeObject);
    await of(core('persistentvolumeclaims')).create({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'c', namespace: 'default' }, spec: { ...shared, volumeName: 'v', resources: { requests: { storage: '1Gi' } } } } as KubeObject);
    await until(async () => (await of<PersistentVolumeClaim>(core('persistentvolumeclaims')).get('c', 'default')).status?.phase === 'Bound', 'the claim is bound');
    await of(core('persistentvolumeclaims')).patch({ name: 'c', namespace: 'default' }, { type: 'merge', body: { spec: { resources: { requests: { storage: '2Gi' } } } } });
    await until(async () => (await events('ExternalExpanding')).length > 0, 'there is an event');
    expect(await events('ExternalExpanding')).toEqual(['Normal volume_expand: waiting for an external controller to expand this PVC']);
  });

  test('a pod gets ResourceClaims from its templates as soon as those are there; they go when it goes', async () => {
    await of(core('pods')).create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'default' },
      spec: { containers: [{ name: 'c', image: 'busybox', resources: { claims: [{ name: 'gpu' }] } }], resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'late' }] },
    } as KubeObject);
    await until(async () => (await events('FailedResourceClaimCreation')).length > 0, 'the missing template is told');
    expect((await events('FailedResourceClaimCreation'))[0]).toBe('Warning resource_claim: PodResourceClaim gpu: resource claim template "late": resourceclaimtemplate.resource.k8s.io "late" not found');
    await of(TEMPLATES).create({ apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaimTemplate', metadata: { name: 'late', namespace: 'default' }, spec: { spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'd' } }] } } } } as unknown as KubeObject);
    const [claim] = await until(async () => {
      const { items } = await of<ResourceClaim>(CLAIMS).list();
      return items.length === 1 ? items : undefined;
    }, 'the claim is made');
    expect(claim?.metadata).toMatchObject({ generateName: 'p-gpu-', annotations: { 'resource.kubernetes.io/pod-claim-name': 'gpu' }, ownerReferences: [{ kind: 'Pod', name: 'p', controller: true }] });
    await until(async () => (await of<Pod>(core('pods')).get('p', 'default')).status?.resourceClaimStatuses?.[0]?.resourceClaimName === claim?.metadata.name, 'the pod knows its claim');
    await of(core('pods')).delete({ name: 'p', namespace: 'default' });
    await until(async () => (await of(CLAIMS).list()).items.length === 0, 'the claim is gone');
  });
});
