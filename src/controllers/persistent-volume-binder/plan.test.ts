import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core-v1.js';
import type { StorageClass } from '../../api/types/storage-v1.js';
import { isWanted, STANDARD_CLASS, volumeFor } from '../storage-provisioner/plan.js';
import { boundClaim, claimedVolume, claimInPhase, unboundVolume } from './bindings.js';
import { planClaim, type ClaimPlan } from './claim-plan.js';
import { planVolume } from './volume-plan.js';

type ClaimSpec = PersistentVolumeClaim['spec'];
const claim = (spec: Partial<ClaimSpec> = {}, annotations: Record<string, string> = {}): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'c', namespace: 'ns', uid: 'cu', annotations },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } }, storageClassName: 'manual', ...spec },
});
const volume = (name: string, spec: Partial<PersistentVolume['spec']> = {}, phase = 'Available'): PersistentVolume => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name, uid: name },
  spec: { capacity: { storage: '5Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'manual', hostPath: { path: '/data' }, ...spec },
  status: { phase },
});
const storageClass = (name: string, more: Partial<StorageClass>): StorageClass => ({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name }, provisioner: 'example.com/x', ...more });
const ref = (uid?: string): PersistentVolume['spec']['claimRef'] => ({ name: 'c', namespace: 'ns', ...(uid ? { uid } : {}) });
const plan = (which: PersistentVolumeClaim, volumes: PersistentVolume[] = [], classes: StorageClass[] = [], defaultClass?: StorageClass): ClaimPlan =>
  planClaim(which, {
    volume: (name) => volumes.find((v) => v.metadata.name === name),
    volumes: () => volumes,
    storageClass: (name) => classes.find((c) => c.metadata.name === name),
    defaultClass: () => defaultClass,
    waitingPods: () => [],
  });
const boundTo = (p: ClaimPlan): string | undefined => (p.do === 'bind' ? p.volume.metadata.name : undefined);

describe('a claim takes', () => {
  test.each<[string, PersistentVolumeClaim, PersistentVolume[], string | undefined]>([
    ['the smallest volume that is large enough', claim(), [volume('small', { capacity: { storage: '1Gi' } }), volume('large', { capacity: { storage: '9Gi' } }), volume('right', { capacity: { storage: '3Gi' } })], 'right'],
    ['one of its class', claim(), [volume('other', { storageClassName: 'x' })], undefined],
    ['one with its access modes', claim({ accessModes: ['ReadWriteMany'] }), [volume('v')], undefined],
    ['one of its mode', claim({ volumeMode: 'Block' }), [volume('v')], undefined],
    ['one that is free', claim(), [volume('v', {}, 'Released'), volume('w', { claimRef: { name: 'other', namespace: 'ns' } })], undefined],
    ['the one that names it before any other', claim(), [volume('small', { capacity: { storage: '2Gi' } }), volume('mine', { claimRef: ref() })], 'mine'],
    ['the one that it names', claim({ volumeName: 'v' }), [volume('v'), volume('w', { capacity: { storage: '2Gi' } })], 'v'],
    ['what its selector matches', claim({ selector: { matchLabels: { a: 'b' } } }), [volume('v')], undefined],
  ])('%s', (_, which, volumes, expected) => expect(boundTo(plan(which, volumes))).toBe(expected));
});

describe('a claim without a volume', () => {
  test.each<[string, ClaimPlan, object]>([
    ['says so without a class', plan(claim({ storageClassName: '' })), { do: 'wait', event: { type: 'Normal', reason: 'FailedBinding', message: 'no persistent volumes available for this claim and no storage class is set' } }],
    ['says so where there is no such class', plan(claim()), { do: 'wait', event: { reason: 'ProvisioningFailed', message: 'storageclass.storage.k8s.io "manual" not found' } }],
    ['waits for its pod', plan(claim(), [], [storageClass('manual', { volumeBindingMode: 'WaitForFirstConsumer' })]), { do: 'wait', event: { reason: 'WaitForFirstConsumer' } }],
    ['asks its provisioner', plan(claim(), [], [storageClass('manual', {})]), { do: 'provision', provisioner: 'example.com/x' }],
    ['gets the default class later', plan({ ...claim(), spec: { accessModes: ['ReadWriteOnce'] } }, [], [], STANDARD_CLASS), { do: 'set-class', storageClass: 'standard' }],
    ['is told why the one it names will not do', plan(claim({ volumeName: 'v' }), [volume('v', { capacity: { storage: '1Gi' } })]), { do: 'wait', event: { reason: 'VolumeMismatch', message: 'Cannot bind to requested volume "v": requested PV is too small' } }],
    ['is told that the one it names is taken', plan(claim({ volumeName: 'v' }), [volume('v', { claimRef: { name: 'x', namespace: 'ns', uid: 'x' } })]), { do: 'wait', event: { message: 'volume "v" already bound to a different claim.' } }],
    ['is lost when it had one', plan(claim({ volumeName: 'v' }, { 'pv.kubernetes.io/bind-completed': 'yes' })), { do: 'lose', event: { reason: 'ClaimLost' } }],
    ['is lost when another has it', plan(claim({ volumeName: 'v' }, { 'pv.kubernetes.io/bind-completed': 'yes' }), [volume('v', { claimRef: ref('other') })]), { do: 'lose', event: { reason: 'ClaimMisbound' } }],
  ])('%s', (_, actual, expected) => expect(actual).toMatchObject(expected));
});

describe('a volume', () => {
  const bound = (spec: Partial<PersistentVolume['spec']> = {}): PersistentVolume => volume('v', { claimRef: ref('cu'), ...spec }, 'Bound');

  test.each<[string, PersistentVolume, PersistentVolumeClaim | undefined, object]>([
    ['is free without a claim', volume('v'), undefined, { do: 'phase', phase: 'Available' }],
    ['is free while its claim is only a name', volume('v', { claimRef: ref() }), undefined, { do: 'phase', phase: 'Available' }],
    ['is bound', bound(), claim({ volumeName: 'v' }), { do: 'phase', phase: 'Bound' }],
    ['tells its claim', bound(), claim(), { do: 'wake-claim' }],
    ['lets go of a claim that has another', bound(), claim({ volumeName: 'w' }), { do: 'unbind' }],
    ['is kept by Retain', bound({ persistentVolumeReclaimPolicy: 'Retain' }), undefined, { do: 'reclaim', how: { by: 'nobody' } }],
    ['is deleted by Delete in /tmp', bound({ persistentVolumeReclaimPolicy: 'Delete', hostPath: { path: '/tmp/x' } }), undefined, { do: 'reclaim', how: { by: 'us', recycle: false } }],
    ['fails to be deleted elsewhere', bound({ persistentVolumeReclaimPolicy: 'Delete' }), undefined, { do: 'reclaim', how: { by: 'failure', message: 'host_path deleter only supports /tmp/.+ but received provided /data' } }],
    ['is recycled', bound({ persistentVolumeReclaimPolicy: 'Recycle' }), undefined, { do: 'reclaim', how: { by: 'us', recycle: true } }],
  ])('%s', (_, which, owner, expected) => expect(planVolume(which, owner)).toMatchObject(expected));
});

test('binding names each in the other, and unbinding undoes that', () => {
  const claimed = claimedVolume(volume('v'), claim());
  expect(claimed).toMatchObject({ metadata: { annotations: { 'pv.kubernetes.io/bound-by-controller': 'yes' } }, spec: { claimRef: { name: 'c', namespace: 'ns', uid: 'cu' } } });
  expect(claimedVolume(claimed, claim())).toBe(claimed);
  const bound = boundClaim(claim(), claimed);
  expect(bound).toMatchObject({ metadata: { annotations: { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' } }, spec: { volumeName: 'v' } });
  expect(boundClaim(bound, claimed)).toBe(bound);
  expect(claimInPhase(bound, 'Bound', claimed).status).toEqual({ phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '5Gi' } });
  expect(unboundVolume(claimed).spec.claimRef).toBeUndefined();
  expect(unboundVolume(volume('v', { claimRef: ref('cu') })).spec.claimRef).toEqual({ name: 'c', namespace: 'ns' });
});

describe('the storage provisioner', () => {
  const ours = { 'volume.kubernetes.io/storage-provisioner': 'hostpath.kubette.io' };

  test('waits for the scheduler where the class does', () => {
    expect(isWanted(claim({ storageClassName: 'standard' }, ours), STANDARD_CLASS)).toBe(false);
    expect(isWanted(claim({ storageClassName: 'standard' }, { ...ours, 'volume.kubernetes.io/selected-node': 'n' }), STANDARD_CLASS)).toBe(true);
    expect(isWanted(claim({ storageClassName: 'standard' }, ours), { ...STANDARD_CLASS, volumeBindingMode: 'Immediate' })).toBe(true);
  });

  test('makes a directory of the chosen node', () => {
    expect(volumeFor(claim({}, { 'volume.kubernetes.io/selected-node': 'n' }), STANDARD_CLASS)).toMatchObject({
      metadata: { name: 'pvc-cu' },
      spec: { capacity: { storage: '2Gi' }, claimRef: { uid: 'cu' }, persistentVolumeReclaimPolicy: 'Delete', nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ values: ['n'] }] }] } } },
    });
  });
});
