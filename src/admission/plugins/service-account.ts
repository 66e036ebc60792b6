import { isPathSegmentName } from '../../api/names.js';
import type { Container, Pod, PodSpec, ServiceAccount, Volume } from '../../api/types/core-v1.js';
import { sleep, type Clock } from '../../base/clock.js';
import type { Ids } from '../../base/ids.js';
import { refuse } from '../refuse.js';
import type { AdmissionAttributes, AdmissionPlugin } from '../types.js';
import { secretsOutsideOf, secretsOfEphemeralContainersOutsideOf } from './mountable-secrets.js';

const MIRROR_POD = 'kubernetes.io/config.mirror';
const ENFORCE_MOUNTABLE = 'kubernetes.io/enforce-mountable-secrets';
const VOLUME_PREFIX = 'kube-api-access-';
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
/** An odd number, so that the server can tell these tokens from those that users ask for: they live on for a year. */
const TOKEN_SECONDS = 3607;
const DEFAULT_NAME = 'default';
/** A new namespace's account `default` is made a moment after it. */
const DEFAULT_ATTEMPTS = 10;

/** Gives pods a service account and its credentials (plugin/pkg/admission/serviceaccount). */
export function serviceAccount({ clock, ids }: { readonly clock: Clock; readonly ids: Ids }): AdmissionPlugin {
  return {
    name: 'ServiceAccount',
    mutate(attributes) {
      const pod = podOf(attributes);
      if (!pod || attributes.operation !== 'CREATE') return;
      if (pod.metadata.annotations?.[MIRROR_POD] !== undefined) return checkMirrorPod(attributes, pod);
      return giveAccount(attributes, pod.spec, clock, ids);
    },
    validate(attributes) {
      const pod = podOf(attributes);
      if (!pod) return;
      const ephemeral = attributes.operation === 'UPDATE' && attributes.subresource === 'ephemeralcontainers';
      if (!ephemeral && attributes.operation !== 'CREATE') return;
      if (!ephemeral && pod.metadata.annotations?.[MIRROR_POD] !== undefined) return checkMirrorPod(attributes, pod);
      return checkSecrets(attributes, pod, ephemeral, clock, ids);
    },
  };
}

async function giveAccount(attributes: AdmissionAttributes, spec: PodSpec, clock: Clock, ids: Ids): Promise<void> {
  // `serviceAccount` is the old name of the field; decoding has made both equal.
  spec.serviceAccountName ||= DEFAULT_NAME;
  spec.serviceAccount = spec.serviceAccountName;
  const account = await lookUp(attributes, spec.serviceAccountName, clock, ids);
  if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec, ids);
  if ((spec.imagePullSecrets ?? []).length === 0 && (account.imagePullSecrets ?? []).length > 0) {
    spec.imagePullSecrets = (account.imagePullSecrets ?? []).map(({ name }) => (name === undefined ? {} : { name }));
  }
}

async function checkSecrets(attributes: AdmissionAttributes, { metadata, spec }: Pod, ephemeral: boolean, clock: Clock, ids: Ids): Promise<void> {
  const name = spec.serviceAccountName;
  if (!name) throw refuse(attributes, `no service account specified for pod ${attributes.namespace}/${metadata.name}`);
  const account = await lookUp(attributes, name, clock, ids);
  if (!isTrue(account.metadata.annotations?.[ENFORCE_MOUNTABLE])) return;
  const problem = ephemeral ? secretsOfEphemeralContainersOutsideOf(account, spec) : secretsOutsideOf(account, spec);
  if (problem) throw refuse(attributes, problem);
}

/** Go's strconv.ParseBool. */
const isTrue = (text: string | undefined): boolean => text !== undefined && ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text);

function podOf({ resource, subresource, object }: AdmissionAttributes): Pod | undefined {
  if (resource.group !== '' || resource.resource !== 'pods' || (subresource !== '' && subresource !== 'ephemeralcontainers')) return undefined;
  return object as Pod | undefined;
}

function checkMirrorPod(attributes: AdmissionAttributes, { spec }: Pod): void {
  if (spec.serviceAccountName) throw refuse(attributes, 'a mirror pod may not reference service accounts');
  if (referencesSecrets(spec)) throw refuse(attributes, 'a mirror pod may not reference secrets');
  if ((spec.volumes ?? []).some((volume) => (volume.projected?.sources ?? []).some((source) => source.serviceAccountToken))) {
    throw refuse(attributes, 'a mirror pod may not use ServiceAccountToken volume projections');
  }
}

function referencesSecrets(spec: PodSpec): boolean {
  const containers: Container[] = [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
  return (
    (spec.imagePullSecrets ?? []).length > 0 ||
    containers.some((container) => (container.env ?? []).some(({ valueFrom }) => valueFrom?.secretKeyRef) || (container.envFrom ?? []).some(({ secretRef }) => secretRef)) ||
    (spec.volumes ?? []).some(volumeReferencesSecrets)
  );
}

function volumeReferencesSecrets(volume: Volume): boolean {
  const { secret, azureFile, projected, cephfs, cinder, flexVolume, rbd, scaleIO, iscsi, storageos, csi } = volume;
  const referenced = [cephfs?.secretRef, cinder?.secretRef, flexVolume?.secretRef, rbd?.secretRef, scaleIO?.secretRef, iscsi?.secretRef, storageos?.secretRef, csi?.nodePublishSecretRef];
  return Boolean(secret ?? azureFile) || referenced.some(Boolean) || (projected?.sources ?? []).some((source) => source.secret);
}

async function lookUp(attributes: AdmissionAttributes, name: string, clock: Clock, ids: Ids): Promise<ServiceAccount> {
  const { namespace, reader } = attributes;
  const interval = 100 + ids.integer(100);
  const unreadable = isPathSegmentName(name);
  const problem = unreadable.length === 0 ? `serviceaccount ${JSON.stringify(name)} not found` : `invalid resource name ${JSON.stringify(name)}: [${unreadable.join(' ')}]`;
  for (let left = name === DEFAULT_NAME ? DEFAULT_ATTEMPTS : 1; ; left--) {
    const found = reader.get(`core/serviceaccounts/${namespace}/${name}`)?.object as ServiceAccount | undefined;
    if (found) return found;
    if (left <= 1) throw refuse(attributes, `error looking up service account ${namespace}/${name}: ${problem}`);
    await sleep(clock, interval);
  }
}

/** Mounts a volume with token, CA and namespace into every container that has nothing mounted there. */
function mountToken(spec: PodSpec, ids: Ids): void {
  const existing = (spec.volumes ?? []).find((volume) => volume.name.startsWith(VOLUME_PREFIX));
  const name = existing?.name ?? `${VOLUME_PREFIX}${ids.suffix()}`;
  let needed = false;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    if ((container.volumeMounts ?? []).some(({ mountPath }) => mountPath === MOUNT_PATH)) continue;
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: MOUNT_PATH }];
    needed = true;
  }
  if (needed && !existing) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
      defaultMode: 0o644,
    },
  };
}
